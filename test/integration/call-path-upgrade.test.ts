import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { exchange, headersNamed, ok, RawClient, rigs } from './call-rig.ts'

const { start } = rigs()

const AGREED =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x=\r\n\r\n'

function ask(protocol: string, more = ''): string {
  return `GET /function/hello/chat?x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nSec-WebSocket-Key: k\r\n${more}\r\n`
}

/** Agrees, then says everything back. */
function echo(socket: Socket, text: string): void {
  if (!/upgrade: /i.test(text)) return
  socket.removeAllListeners('data')
  socket.on('data', (chunk) => socket.write(chunk))
  socket.write(AGREED)
}

async function agreed(port: number, more = ''): Promise<RawClient> {
  const client = new RawClient(port).send(ask('websocket', more))
  await eventually(() => client.text.includes('\r\n\r\n'))
  client.text = client.text.slice(client.text.indexOf('\r\n\r\n') + 4)
  return client
}

describe('an upgrade', () => {
  for (const protocol of ['websocket', 'WebSocket']) {
    it(`an upgrade to ${protocol} reaches the function and is answered`, async () => {
      const { port, fn, rig, replica } = await start(echo)
      const client = new RawClient(port).send(ask(protocol))

      await eventually(() => client.text.includes('\r\n\r\n'))

      const seen = fn.requests[0]
      assert.match(seen ?? '', /^GET \/chat\?x HTTP\/1\.1\r\n/)
      assert.deepEqual(headersNamed(seen, 'Upgrade'), [protocol])
      assert.deepEqual(headersNamed(seen, 'Sec-WebSocket-Key'), ['k'])
      assert.match(client.text, /^HTTP\/1\.1 101 Switching Protocols\r\n/)
      assert.deepEqual(headersNamed(client.text, 'Upgrade'), ['websocket'])
      assert.deepEqual(headersNamed(client.text, 'Connection'), ['Upgrade'])
      assert.deepEqual(headersNamed(client.text, 'Sec-WebSocket-Accept'), ['x='])
      assert.equal(headersNamed(client.text, 'X-Call-Id').length, 1)
      assert.equal(rig.inFlight, 1)
      assert.equal(rig.invoker.ledger.inFlight(replica), 1)
      client.socket.destroy()
      await eventually(() => rig.counts[101] === 1 && rig.inFlight === 0)
      assert.equal(rig.invoker.ledger.inFlight(replica), 0)
    })
  }

  it('7.5: an upgrade carries a megabyte and back, and bytes that came with either head', async () => {
    const { port } = await start((socket, text) => {
      socket.removeAllListeners('data')
      socket.on('data', (chunk) => {
        if (!socket.write(chunk)) socket.pause()
      })
      socket.on('drain', () => socket.resume())
      socket.write(`${AGREED}first${text.split('\r\n\r\n')[1]}`)
    })
    const client = new RawClient(port).send(`${ask('websocket')}eager`)
    await eventually(() => client.text.endsWith('firsteager'))
    client.text = ''

    client.socket.write(Buffer.alloc(1 << 20, 'y'))

    await eventually(() => client.text.length === 1 << 20)
    client.socket.destroy()
  })

  it('an upgrade has no limits of time', async () => {
    const { port } = await start(echo, { upstreamMs: 500, writeMs: 500 })
    const client = await agreed(port)

    await new Promise((resolve) => setTimeout(resolve, 700))
    client.send('still here')

    await eventually(() => client.text === 'still here')
    client.socket.destroy()
  })

  it('lets either side end its direction first', async () => {
    const { port, rig } = await start((socket) => {
      socket.removeAllListeners()
      socket.on('error', () => {})
      socket.on('data', () => undefined)
      socket.on('end', () => socket.end('all received'))
      socket.write(AGREED)
    })
    const client = await agreed(port)

    client.socket.end('last words')

    await eventually(() => client.text === 'all received' && client.isEnded)
    await eventually(() => rig.counts[101] === 1)
  })

  it('ends for the client when the function breaks off', async () => {
    const { port, fn, rig } = await start(echo)
    const client = await agreed(port)

    fn.sockets[0]?.resetAndDestroy()

    await eventually(() => client.isClosed || client.isEnded)
    await eventually(() => rig.counts[101] === 1)
  })

  it('ends for the function when the client breaks off', async () => {
    const { port, fn, rig } = await start(echo)
    const client = await agreed(port)

    client.socket.resetAndDestroy()

    await eventually(() => fn.sockets[0]?.destroyed === true || fn.sockets[0]?.readableEnded === true)
    await eventually(() => rig.counts[101] === 1)
  })

  it('survives garbage and sudden ends on both sides', async () => {
    const { port, rig } = await start((socket) => {
      socket.write(`${AGREED}\x00\xff\xff`, 'latin1', () => socket.resetAndDestroy())
    })

    const clients = Array.from({ length: 20 }, () => {
      const client = new RawClient(port).send(`${ask('websocket')}\x81\xff\xff\xff`)
      client.socket.once('data', () => client.socket.resetAndDestroy())
      return client
    })

    await eventually(() => clients.every((client) => client.isClosed || client.isEnded))
    await eventually(() => rig.inFlight === 0)
  })

  it('7.5: an upgrade that the function does not want is answered as any call', async () => {
    const { port, rig } = await start(ok('plain'))
    const client = new RawClient(port).send(ask('websocket'))

    assert.match(await client.rest(), /^HTTP\/1\.1 200 OK\r\n[^]*Connection: close\r\n[^]*plain$/)
    await eventually(() => rig.counts[200] === 1)
  })

  it('an upgrade that the function does not want leaves no connection to others', async () => {
    const { port, fn } = await start(ok('plain'))

    await new RawClient(port).send(ask('websocket')).rest()
    await exchange(port, 'GET /function/hello HTTP/1.1')

    assert.equal(fn.sockets.length, 2)
    await eventually(() => fn.sockets[0]?.readableEnded === true)
  })

  it('an upgrade to another protocol than WebSocket is passed over, and the connection stays', async () => {
    const { port, fn } = await start(ok('plain'))
    const client = new RawClient(port).send(ask('h2c').repeat(2))

    await eventually(() => client.text.split('HTTP/1.1 200 OK').length === 3 && client.text.endsWith('plain'))

    assert.match(client.text, /^HTTP\/1\.1 200 OK\r\n[^]*Connection: keep-alive\r\n/)
    assert.deepEqual(headersNamed(fn.requests[0], 'Upgrade'), [])
    client.socket.destroy()
  })

  it('wakes a function, and ends when the client gives up', async () => {
    const { port, rig, fn } = await start(echo, {}, { edge: { halfClosedMs: 40 } })
    rig.serve()
    const patient = new RawClient(port).send(ask('websocket'))
    const hasty = new RawClient(port).send(ask('websocket'))
    await eventually(() => rig.inFlight === 2)

    hasty.socket.destroy()
    await eventually(() => rig.counts[499] === 1)
    rig.wake(fn.port)

    await eventually(() => patient.text.startsWith('HTTP/1.1 101 '))
    assert.equal(rig.wakeUps, 1)
    patient.socket.destroy()
  })

  for (const [what, request, status] of [
    ['an unknown function', ask('websocket').replace('hello', 'nobody'), 404],
    ['a request with a body', ask('websocket', 'Content-Length: 5\r\n'), 400],
  ] as const) {
    it(`an upgrade is refused for ${what}`, async () => {
      const { port } = await start(echo)

      const answer = await new RawClient(port).send(request).rest()

      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} [^]*X-OpenFaaS-Internal: proxy`))
    })
  }

  it('fails with 502 when the function breaks off before it agreed', async () => {
    const { port } = await start((socket) => socket.resetAndDestroy())

    assert.match(await new RawClient(port).send(ask('websocket')).rest(), /^HTTP\/1\.1 502 /)
  })
})
