import assert from 'node:assert/strict'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterEach, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { buffersUsed } from '../fixtures/heap-used.ts'
import { answerAfter, exchange, headersNamed, ok, RawClient, rigs } from './call-rig.ts'

const { start, startEmpty } = rigs()
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

const GIB = 1 << 30
const CHUNK = Buffer.alloc(1 << 20, 'x')
/** What the streams of client, gateway and function may hold at one moment: all three are in this process. */
const MOST_KEPT_BYTES = 16 * (1 << 20)
/** Garbage is collected, and what stays is measured, each time that so much was sent. */
const MEASURED_EACH = 128 * (1 << 20)

/** A function on Node's own server. */
async function serveHttp(handler: Parameters<typeof createServer>[1]): Promise<number> {
  const server = createServer(handler)
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** A gibibyte, which tells `kept` how much of all memory is in use on the way. */
function* gibibyte(kept: (bytes: number) => void): Generator<Buffer> {
  const before = buffersUsed()
  for (let sent = 0; sent < GIB; sent += CHUNK.length) {
    if (sent % MEASURED_EACH === 0) kept(buffersUsed() - before)
    yield CHUNK
  }
  kept(buffersUsed() - before)
}

describe('bodies', () => {
  it('7.4, 18.1.5: bodies of a gibibyte go up and down without being kept', async () => {
    const rig = await startEmpty({ writeMs: 0 })
    const kept: number[] = []
    const big = () => Readable.from(gibibyte((bytes) => kept.push(bytes)))
    rig.serve(
      await serveHttp((req, res) => {
        if (req.method === 'GET') big().pipe(res)
        else {
          let bytes = 0
          req.on('data', (chunk: Buffer) => (bytes += chunk.length))
          req.on('end', () => res.end(String(bytes)))
        }
      }),
    )
    const send = async (method: string, body: Readable | null): Promise<number | string> => {
      const req = request({ port: rig.port, method, path: '/function/hello' })
      const answered = once(req, 'response')
      if (body === null) req.end()
      else await pipeline(body, req)
      const [res] = (await answered) as [NodeJS.ReadableStream]
      let bytes = 0
      let text = ''
      for await (const chunk of res) {
        bytes += chunk.length
        if (bytes < 100) text = String(chunk)
      }
      return method === 'GET' ? bytes : text
    }
    await send('POST', Readable.from([CHUNK]))

    assert.equal(await send('GET', null), GIB)
    assert.equal(await send('POST', big()), String(GIB))

    assert.equal(kept.length, 2 * (GIB / MEASURED_EACH + 1))
    assert.ok(Math.max(...kept) < MOST_KEPT_BYTES, `${kept.map((bytes) => bytes >> 10).join()} KiB`)
  })

  it('7.4: bodies keep their length when the client gave one, and are chunked when it did not', async () => {
    const rig = await startEmpty()
    rig.serve(
      await serveHttp((req, res) => {
        let bytes = 0
        req.on('data', (chunk: Buffer) => (bytes += chunk.length))
        req.on('end', () => {
          const { 'content-length': length, 'transfer-encoding': coding } = req.headers
          res.end(`${bytes} ${length} ${coding}`)
        })
      }),
    )
    const big = 'x'.repeat(300_000)

    const small = await exchange(rig.port, 'POST /function/hello HTTP/1.1\r\nContent-Length: 3', 'abc')
    const long = await exchange(
      rig.port,
      `POST /function/hello HTTP/1.1\r\nContent-Length: ${big.length}`,
      big,
    )
    const unknown = await exchange(
      rig.port,
      'POST /function/hello HTTP/1.1\r\nTransfer-Encoding: chunked',
      `${big.length.toString(16)}\r\n${big}\r\n0\r\n\r\n`,
    )
    const none = await exchange(rig.port, 'GET /function/hello HTTP/1.1')

    assert.match(small, /\r\n3 3 undefined/)
    assert.match(long, /\r\n300000 300000 undefined/)
    assert.match(unknown, /\r\n300000 undefined chunked/)
    assert.match(none, /\r\n0 undefined undefined/)
  })

  it('bodies that are small travel with their head', async () => {
    const { port, fn } = await start(ok('hi'))

    await exchange(port, 'POST /function/hello HTTP/1.1\r\nContent-Length: 3', 'abc')
    const next = new RawClient(port).send(
      'POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\ndef',
    )
    await eventually(() => next.text.endsWith('hi'))
    next.send('POST /function/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 3\r\n\r\nghi')
    await next.rest()

    assert.deepEqual(
      fn.requests.map((request) => request.split('\r\n\r\n')[1]),
      ['abc', 'def', 'ghi'],
    )
  })

  it('bodies are announced to the function before their first byte is there', async () => {
    const { port, fn } = await start(answerAfter('0\r\n\r\n', ok('hi')))
    const client = new RawClient(port).send(
      'POST /function/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n',
    )

    await eventually(() => fn.requests.length === 1)
    client.send('0\r\n\r\n')

    assert.match(await client.rest(), /^HTTP\/1\.1 200 OK/)
  })

  it('bodies bring their trailers, without those that are about the message', async () => {
    let seen = ''
    const { port, fn } = await start((socket, text) => {
      seen = text
      socket.on('data', (chunk: Buffer) => (seen += chunk.toString('latin1')))
      answerAfter('\r\n\r\n', ok('hi'))(socket, text.slice(text.indexOf('\r\n\r\n') + 4), 1)
    })

    const answer = await exchange(
      port,
      'POST /function/hello HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum',
      '2\r\nhi\r\n0\r\nX-Sum: 42\r\nTE: x\r\nX-More: 1\r\n\r\n',
    )

    assert.match(answer, /^HTTP\/1\.1 200 OK/)
    assert.deepEqual(headersNamed(fn.requests[0], 'Trailer'), ['X-Sum'])
    assert.match(seen, /\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 42\r\nX-More: 1\r\n\r\n$/)
  })

  it('7.5, 18.3.4: bodies reach the client chunk by chunk, as events do', async () => {
    const { port, fn } = await start(
      'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n',
    )
    const client = new RawClient(port).send('GET /function/hello HTTP/1.1\r\nHost: a\r\n\r\n')
    await eventually(() => client.text.includes('\r\n\r\n'))

    for (let n = 0; n < 20; n += 1) {
      fn.sockets[0]?.write(`7\r\ndata:${String(n).padStart(2)}\r\n`)
      await eventually(() => client.text.includes(`data:${String(n).padStart(2)}`))
    }

    client.socket.destroy()
  })

  it('7.5: bodies of known length go out as they come too', async () => {
    const { port, fn } = await start('HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n')
    const client = new RawClient(port).send('GET /function/hello HTTP/1.1\r\nHost: a\r\n\r\n')

    await eventually(() => client.text.includes('\r\n\r\n'))
    fn.sockets[0]?.write('ab')
    await eventually(() => client.text.endsWith('ab'))
    fn.sockets[0]?.write('cd')
    await eventually(() => client.text.endsWith('abcd'))

    client.socket.destroy()
  })

  it('bodies go both ways at the same time', async () => {
    const rig = await startEmpty()
    rig.serve(await serveHttp((req, res) => req.pipe(res)))
    const client = new RawClient(rig.port).send(
      'POST /function/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n',
    )

    await eventually(() => client.text.includes('one'))
    client.send('3\r\ntwo\r\n')
    await eventually(() => client.text.includes('two'))
    client.send('0\r\n\r\n')

    assert.match(await client.rest(), /0\r\n\r\n$/)
  })

  it('bodies that nobody wants do not hide the answer', async () => {
    const { port } = await start('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno')
    const client = new RawClient(port).send(
      'POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n',
    )
    client.socket.write(Buffer.alloc(50_000_000))

    await eventually(() => /^HTTP\/1\.1 413 [^]*no$/.test(client.text))

    client.socket.destroy()
  })

  it('bodies that the function resets its connection for do not hide the answer it gave before', async () => {
    const { port } = await start((socket) => {
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno')
      socket.resetAndDestroy()
    })
    const client = new RawClient(port).send(
      'POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 50000000\r\n\r\n',
    )
    client.socket.write(Buffer.alloc(50_000_000))

    await eventually(() => /^HTTP\/1\.1 413 [^]*no$/.test(client.text))

    client.socket.destroy()
  })

  it('bodies leave the connection to the next request', async () => {
    const rig = await startEmpty()
    rig.serve(
      await serveHttp((req, res) => {
        if (req.url === '/refuse') res.writeHead(413).end('no')
        else req.pipe(res)
      }),
    )
    const client = new RawClient(rig.port)
    const body = 'x'.repeat(200_000)

    client.send(
      `POST /function/hello/refuse HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    await eventually(() => client.text.includes('413'))
    client.send(
      'POST /function/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 4\r\n\r\nnext',
    )

    assert.match(await client.rest(), /413 [^]*no[^]*HTTP\/1\.1 200 OK[^]*next/)
  })

  it('bodies stop at the function when the client does not read', async () => {
    let sent = 0
    const rig = await startEmpty({ writeMs: 0 })
    rig.serve(
      await serveHttp((_req, res) => {
        const more = (): void => {
          let hasRoom = true
          while (hasRoom && !res.destroyed && sent < GIB) {
            hasRoom = res.write(CHUNK)
            sent += CHUNK.length
          }
        }
        res.on('drain', more)
        more()
      }),
    )
    const client = new RawClient(rig.port)
    client.socket.pause()
    client.send('GET /function/hello HTTP/1.1\r\nHost: a\r\n\r\n')

    let before = -1
    let looksWithoutChange = 0
    await eventually(() => {
      looksWithoutChange = sent > 0 && sent === before ? looksWithoutChange + 1 : 0
      before = sent
      return looksWithoutChange === 50
    })

    assert.ok(sent < 100 * CHUNK.length, `${sent}`)
    client.socket.destroy()
    await eventually(() => rig.inFlight === 0)
  })
})
