import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { once } from 'node:events'
import { afterEach, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { Exchange } from '../../src/gateway/edge/exchange.ts'
import { GatewayServer, type CallPlane } from '../../src/gateway/gateway-server.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'
import { gatewayOptions } from '../fixtures/edge.ts'
import { ThreeWays } from '../fixtures/three-ways.ts'

/** Answers `METHOD URL LENGTH`, after the whole body came. */
class EchoPlane implements CallPlane {
  readonly seen: string[] = []

  handle(exchange: Exchange, url: string): void {
    const { method } = exchange.head
    const { body } = exchange
    const answer = (length: number): void => {
      this.seen.push(`${method} ${url}`)
      const text = Buffer.from(`${method} ${url} ${length}`)
      exchange.start(200, ['Content-Length', `${text.length}`], text.length)
      exchange.write(text)
      exchange.end()
    }
    if (body === null || body instanceof Uint8Array) return answer(body?.length ?? 0)
    let length = 0
    body.on('data', (chunk: Buffer) => (length += chunk.length)).on('end', () => answer(length))
  }

  upgrade(exchange: Exchange, url: string): void {
    exchange.switchProtocols(['X-Url', url]).end()
  }
}

const open: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of open.splice(0)) await close()
})

async function startServer(options: { readTimeoutMs?: number; headersTimeoutMs?: number } = {}) {
  const { app } = testApp()
  const calls = new EchoPlane()
  const log = new RecordingLog()
  const server = new GatewayServer(
    { calls, api: (request, env) => app.fetch(request, env), clock: systemClock, log },
    gatewayOptions(options),
  )
  const { port } = await server.start()
  open.push(() => server.stop(100))
  return { port, calls, log, server }
}

/** Sends `text` and answers all that comes until the other side closes. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => {})
  let received = ''
  socket.on('data', (chunk: Buffer) => (received += chunk.toString('latin1')))
  socket.write(text, 'latin1')
  if (!socket.destroyed) await once(socket, 'close')
  return received
}

function statusOf(answer: string): string {
  return answer.slice(9, 12)
}

describe('what a request target becomes', () => {
  const targets: readonly (readonly [target: string, expected: RegExp])[] = [
    ['/function/f/a%20b/../c//d?x=%zz', /200 OK[^]*GET \/function\/f\/a%20b\/\.\.\/c\/\/d\?x=%zz 0/],
    ['http://other/function/f/x?y', /200 OK[^]*GET \/function\/f\/x\?y 0/],
    ['/function/../system/functions', /200 OK[^]*GET \/function\/\.\.\/system\/functions 0/],
    ['//system///functions?a=b', /301 Moved[^]*Location: \/system\/functions\?a=b\r\n/],
    ['/system/./info', /301 Moved[^]*Location: \/system\/info\r\n/],
    ['/x/../system/info/', /301 Moved[^]*Location: \/system\/info\/\r\n/],
    ['/x/%2e%2e/healthz', /301 Moved[^]*Location: \/healthz\r\n/],
    ['//evil.example/..//', /301 Moved[^]*Location: \/\r\n/],
    ['/x/..//\\evil.example', /301 Moved[^]*Location: \/%5Cevil\.example\r\n/],
    ['/%68ealthz', /200 OK/],
    ['/x\\..\\healthz', /404 Not Found/],
    ['/system/function/a%zz', /400 Bad Request/],
    ['/system/function/a%ff', /400 Bad Request/],
    ['*', /400 Bad Request/],
    ['http://other/healthz', /200 OK/],
    ['http://other', /307 Temporary/],
    ['/healthz#x', /404 Not Found/],
  ]
  for (const [target, expected] of targets) {
    it(`reads ${target}`, async () => {
      const { port } = await startServer()

      const answer = await exchange(port, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)

      assert.match(answer, expected)
    })
  }
})

describe('requests that two servers could read differently', () => {
  const post = (headers: string, body = ''): string =>
    `POST /function/f HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n${body}`
  const vectors: Readonly<Record<string, string>> = {
    'length and coding': post('Content-Length: 5\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'coding and length': post('Transfer-Encoding: chunked\r\nContent-Length: 5\r\n', '0\r\n\r\n'),
    'two lengths': post('Content-Length: 5\r\nContent-Length: 6\r\n', 'hello!'),
    'an unknown coding': post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'),
    'a coding after chunked': post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
    'a coding before chunked': post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n'),
    'two codings': post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    'an empty coding with a length': post('Transfer-Encoding:\r\nContent-Length: 5\r\n', 'hello'),
    'bare line feeds': 'POST /function/f HTTP/1.1\nHost: a\nContent-Length: 0\n\n',
    'a folded header': post('X-A: b\r\n c\r\nContent-Length: 0\r\n'),
    'a space before a colon': post('Content-Length : 0\r\n'),
    'a NUL': post('X-A: b\0c\r\nContent-Length: 0\r\n'),
    'a chunk size with 0x': post('Transfer-Encoding: chunked\r\n', '0x5\r\nhello\r\n0\r\n\r\n'),
    'a chunk size that overflows': post(
      'Transfer-Encoding: chunked\r\n',
      `${'f'.repeat(17)}\r\nhello\r\n0\r\n\r\n`,
    ),
    'a chunk that is longer than it says': post('Transfer-Encoding: chunked\r\n', '2\r\nhello\r\n0\r\n\r\n'),
    'a length with a sign': post('Content-Length: +5\r\n', 'hello'),
    'no Host': 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n',
    'two Hosts': 'GET /healthz HTTP/1.1\r\nHost: a\r\nHost: b\r\nConnection: close\r\n\r\n',
    'a Host that is none': 'GET /healthz HTTP/1.1\r\nHost: a/b@c d\r\nConnection: close\r\n\r\n',
    'a coding in HTTP/1.0': 'POST /function/f HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    'a space in the target': 'GET /function/f a HTTP/1.1\r\nHost: a\r\n\r\n',
    'no HTTP at all': '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03',
  }
  const ways = new ThreeWays()
  for (const [what, text] of Object.entries(vectors)) {
    it(`refuses ${what}, alone, behind an unanswered request and cut anywhere`, async () => {
      const { port, calls } = await startServer()

      const answer = await exchange(port, text)

      assert.equal(statusOf(answer), '400', answer)
      assert.equal(answer.match(/HTTP\/1\.1/g)?.length, 1)
      assert.deepEqual(calls.seen, [])
      assert.deepEqual(await ways.check(text), { answers: 'refused with 400', seen: [] })
    })
  }
})

describe('versions of HTTP', () => {
  for (const version of ['0.9', '1.2', '2.0', '3.7', '2']) {
    it(`answers 505 to ${version}, a body with it or not`, async () => {
      const { port, calls } = await startServer()
      const text = `POST /function/f HTTP/${version}\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`

      assert.equal(statusOf(await exchange(port, text)), '505')
      assert.deepEqual(calls.seen, [])
    })
  }
})

describe('limits', () => {
  it('takes headers up to 64 KiB and answers 431 above, with the limit and its setting', async () => {
    const { port } = await startServer()
    const request = (size: number): string =>
      `GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Big: ${'x'.repeat(size)}\r\n\r\n`

    assert.equal(statusOf(await exchange(port, request(60_000))), '200')
    assert.match(
      await exchange(port, request(70_000)),
      /^HTTP\/1\.1 431 [^]*65536 bytes \(SAMPAN_MAX_HEADER_BYTES\)/,
    )
  })

  it('answers 431 to too many headers', async () => {
    const { port } = await startServer()
    const lines = 'X-A: b\r\n'.repeat(5_000)

    const answer = await exchange(port, `GET /healthz HTTP/1.1\r\nHost: a\r\n${lines}\r\n`)

    assert.equal(statusOf(answer), '431')
  })

  it('answers 408 to headers that do not come to an end', async () => {
    const { port } = await startServer({ headersTimeoutMs: 100 })

    assert.equal(statusOf(await exchange(port, 'GET /healthz HTTP/1.1\r\nHost: a\r\nX-A')), '408')
    assert.equal(statusOf(await exchange(port, '')), '408')
  })

  it('answers 408 to a sender that falls silent in the middle of a body', async () => {
    const { port } = await startServer({ readTimeoutMs: 60 })
    const half = `HTTP/1.1\r\nHost: a\r\nAuthorization: ${ADMIN}\r\nContent-Length: 100\r\n\r\nhalf`

    assert.equal(statusOf(await exchange(port, `POST /function/f ${half}`)), '408')
    assert.equal(statusOf(await exchange(port, `POST /system/functions ${half}`)), '408')
  })

  it('18.4.2: the edge leaves a slow sender alone as long as bytes come', async () => {
    const { port } = await startServer({ readTimeoutMs: 200 })
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
    socket.write('POST /function/f HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 12\r\n\r\n')

    for (let sent = 0; sent < 12; sent += 1) {
      await systemClock.sleep(50)
      socket.write('x')
    }
    await once(socket, 'close')

    assert.match(received, /200 OK[^]*POST \/function\/f 12/)
  })
})

describe('a kept connection', () => {
  for (const path of ['/healthz', '/function/f']) {
    it(`18.4.2: a kept connection is kept longer than the 90 s for which Go clients use one again, and says so (${path})`, async () => {
      const { port } = await startServer()
      const socket = connect(port, '127.0.0.1')
      let received = ''
      socket.on('data', (chunk: Buffer) => (received += chunk.toString()))

      socket.write(`GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`)
      await eventually(() => received.includes('\r\n\r\n'))
      socket.destroy()

      assert.match(received, /^Connection: keep-alive\r$/im)
      assert.ok(Number(/^Keep-Alive: timeout=(\d+)\r$/im.exec(received)?.[1]) > 90, received)
    })
  }
})

describe('upgrades', () => {
  const offer = (protocol: string): string => `Host: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n`

  it('upgrades go to the plane of calls when they ask for a WebSocket to a function', async () => {
    const { port } = await startServer()

    const answer = await exchange(port, `GET /function/f/ws?a HTTP/1.1\r\n${offer('websocket')}\r\n`)

    assert.match(answer, /101 Switching[^]*X-Url: \/function\/f\/ws\?a/)
  })

  it('upgrades are ignored when they offer another protocol, and the body is kept', async () => {
    const { port } = await startServer()

    const answer = await exchange(
      port,
      `POST /function/f HTTP/1.1\r\n${offer('h2c')}Connection: close\r\nContent-Length: 5\r\n\r\nhello`,
    )

    assert.match(answer, /200 OK[^]*POST \/function\/f 5/)
  })

  it('upgrades are ignored on the API', async () => {
    const { port } = await startServer()

    const answer = await exchange(
      port,
      `GET /healthz HTTP/1.1\r\nConnection: close\r\n${offer('websocket')}\r\n`,
    )

    assert.match(answer, /200 OK/)
  })

  it('upgrades of a tunnel are refused', async () => {
    const { port } = await startServer()

    assert.equal(statusOf(await exchange(port, 'CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n')), '405')
  })
})

describe('listening', () => {
  it('says in a sentence that the address is taken', async () => {
    const { port } = await startServer()
    const second = new GatewayServer(
      { calls: new EchoPlane(), api: () => new Response(), clock: systemClock, log: new RecordingLog() },
      gatewayOptions({ listen: { host: '127.0.0.1', port } }),
    )

    await assert.rejects(second.start(), /cannot listen on 127\.0\.0\.1:\d+: another program does/)
    await second.stop(0)
  })

  it('lets a running call end when it stops, and takes no new connection', async () => {
    const { port, server } = await startServer()
    const socket = connect(port, '127.0.0.1')
    let received = ''
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()))
    socket.write('POST /function/f HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nx')
    await eventually(async () => statusOf(await exchange(port, 'GET /healthz HTTP/1.0\r\n\r\n')) === '200')

    const stopped = server.stop(5_000)
    socket.write('y')
    await stopped

    assert.match(received, /200 OK[^]*POST \/function\/f 2/)
    await assert.rejects(exchange(port, ''), { code: 'ECONNREFUSED' })
  })
})
