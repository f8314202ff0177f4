import assert from 'node:assert/strict'
import { once } from 'node:events'
import { afterEach, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { Exchange } from '../../src/gateway/edge/exchange.ts'
import { RequestBody } from '../../src/gateway/edge/intake/request-body.ts'
import { GatewayServer } from '../../src/gateway/gateway-server.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { gatewayOptions } from '../fixtures/edge.ts'
import { RawClient } from './call-rig.ts'

// Clients that end, reset, stall or overrun a connection, on real sockets; `connection-endings.test.ts` has every place of it without a network.

const HOST = 'Host: a\r\n'
const CLOSE = 'Connection: close\r\n'
const SCRIPT =
  `POST /function/echo HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: 1\r\n\r\n` +
  `PUT /function/early HTTP/1.1\r\n${HOST}Content-Length: 4\r\n\r\nbody` +
  `GET /function/held HTTP/1.1\r\n${HOST}\r\n`

const open: GatewayServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop(0)
})

async function start() {
  const log = new RecordingLog()
  const held: Exchange[] = []
  const server = new GatewayServer(
    {
      calls: {
        handle: (exchange, url) => answer(exchange, url, held),
        upgrade: (exchange) => void exchange.switchProtocols([]),
      },
      api: () => new Response('the API'),
      clock: systemClock,
      log,
    },
    gatewayOptions({ halfClosedMs: 300 }),
  )
  const { port } = await server.start()
  open.push(server)
  const isClear = (): boolean => {
    const { open: connections, unfinishedHeadBytes, waitingBodyBytes } = server.figures
    return connections === 0 && unfinishedHeadBytes === 0 && waitingBodyBytes === 0
  }
  return { server, port, log, held, isClear }
}

function answer(exchange: Exchange, url: string, held: Exchange[]): void {
  const { body } = exchange
  if (url === '/function/held') held.push(exchange)
  else if (url === '/function/large') streamLarge(exchange)
  else if (url === '/function/echo' && body instanceof RequestBody)
    body.on('data', () => undefined).on('end', () => exchange.answer(200, 'whole'))
  else exchange.answer(404, 'early')
}

/** Far more than the buffers of two sockets take. */
const LARGE_BYTES = 24 * 1024 * 1024

function streamLarge(exchange: Exchange): void {
  let left = LARGE_BYTES
  const chunk = Buffer.alloc(64 * 1024, 'x')
  const write = (): void => {
    while (left > 0) {
      left -= chunk.length
      if (!exchange.write(chunk)) return
    }
    exchange.end(['X-T', '1'])
  }
  exchange.owner = { onDrain: write, onAborted: () => undefined }
  exchange.start(200, [], -1)
  write()
}

describe('clients that leave', () => {
  for (const [how, leave] of [
    ['reset', ({ socket }) => socket.resetAndDestroy()],
    ['close', ({ socket }) => socket.destroy()],
    ['end their sending', ({ socket }) => socket.end()],
  ] as readonly [string, (client: RawClient) => void][]) {
    it(`leave nothing behind when they ${how}, wherever they are`, async () => {
      const { port, log, isClear } = await start()
      for (let at = 0; at <= SCRIPT.length; at += 3) {
        const client = new RawClient(port)
        client.socket.write(SCRIPT.slice(0, at), 'latin1', () => leave(client))
      }

      await eventually(isClear, 10_000)
      assert.deepEqual(log.messages('error'), [])
    })
  }
})

describe('a client that sends all before it reads', () => {
  it('gets the answer that came early, though its body was not read to the end', async () => {
    const { port, isClear } = await start()
    for (const [size, header] of [
      [100_000, CLOSE],
      [1_000_000, ''],
      [1_000_000, CLOSE],
    ] as const) {
      const client = new RawClient(port)
      client.socket.pause()
      client.send(`POST /function/none HTTP/1.1\r\n${HOST}${header}Content-Length: ${size}\r\n\r\n`)
      await new Promise((sent) => client.socket.write(Buffer.alloc(size), sent))
      client.socket.resume()

      assert.match(await client.rest(), /^HTTP\/1\.1 404 [^]*early\n$/, `${size} bytes`)
    }
    await eventually(isClear)
  })
})

describe('a client that reads slowly', () => {
  it('holds its answer up, and nothing else, until it has all of it with its trailers', async () => {
    const { port, isClear } = await start()
    const client = new RawClient(port)
    let bytes = 0
    client.socket.removeAllListeners('data')
    client.socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      client.text = (client.text + chunk.toString('latin1')).slice(-100)
    })
    client.socket.pause()
    client.send(
      `GET /function/large HTTP/1.1\r\n${HOST}\r\nGET /function/none HTTP/1.1\r\n${HOST}${CLOSE}\r\n`,
    )
    const heapBefore = process.memoryUsage().arrayBuffers
    const other = new RawClient(port).send(`GET /function/none HTTP/1.1\r\n${HOST}${CLOSE}\r\n`)
    assert.match(await other.rest(), /^HTTP\/1\.1 404 /)
    assert.ok(process.memoryUsage().arrayBuffers - heapBefore < LARGE_BYTES / 2)

    client.socket.resume()
    const text = await client.rest()

    assert.ok(bytes > LARGE_BYTES)
    assert.match(text, /early\n$/)
    await eventually(isClear)
  })
})

describe('the stop of a server', () => {
  it('is over when its time is, whatever its connections are at', async () => {
    const { server, port, log, held, isClear } = await start()
    const phases: Readonly<Record<string, string>> = {
      fresh: '',
      'at rest': `GET /function/none HTTP/1.1\r\n${HOST}\r\n`,
      'in a head': 'GET /function/none HT',
      'in a body': `POST /function/echo HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nhalf`,
      'in a body that nobody wants': `POST /function/none HTTP/1.1\r\n${HOST}Content-Length: 9\r\n\r\nhalf`,
      'waiting for its answer': `GET /function/held HTTP/1.1\r\n${HOST}\r\n`,
      'with another request behind': `GET /function/held HTTP/1.1\r\n${HOST}\r\n${SCRIPT}`,
      'reading nothing': `GET /function/large HTTP/1.1\r\n${HOST}\r\n`,
      'in a tunnel': `GET /function/x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\nbytes`,
      'being closed': `GET /function/none HTTP/1.1\r\n${HOST}${CLOSE}\r\nmore`,
      refused: 'GET /function/none HTTP/9.9\r\n\r\n',
    }
    const clients = Object.entries(phases).map(([phase, text]) => {
      const client = new RawClient(port)
      if (phase === 'reading nothing') client.socket.pause()
      return client.send(text)
    })
    await Promise.all(clients.map(({ socket }) => once(socket, 'connect')))
    await eventually(() => held.length === 2 && clients.filter(({ text }) => text !== '').length >= 5)

    let isStopped = false
    void server.stop(400).then(() => (isStopped = true))
    await eventually(() => isStopped, 10_000)

    assert.ok(isClear())
    assert.deepEqual(log.messages('error'), [])
    for (const { socket } of clients) socket.destroy()
  })

  it('lets what is under way end, and tells its client that the connection ends', async () => {
    const { server, port, held } = await start()
    const client = new RawClient(port).send(`GET /function/held HTTP/1.1\r\n${HOST}\r\n${SCRIPT}`)
    await eventually(() => held.length === 1)

    const stopped = server.stop(10_000)
    held[0]?.answer(200, 'the last')
    await stopped

    assert.match(client.text, /^HTTP\/1\.1 200 [^]*\r\nConnection: close\r\n[^]*the last\n$/)
  })
})
