import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { GatewayServer, type CallPlane } from '../../src/gateway/gateway-server.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'
import { gatewayOptions } from '../fixtures/edge.ts'
import { heapUsed } from '../fixtures/heap-used.ts'
import { behindFirst, ThreeWays } from '../fixtures/three-ways.ts'

const REQUESTS = 10_000
const AT_ONCE = 50

/** A request that is answered a while after what stands behind it was sent. */
const SLOW_CALL = 'GET /function/slow HTTP/1.1\r\nHost: a\r\n\r\n'
const SLOW_MS = 10

/** Far above what runs at once, far below what a leak of one buffer per request would take. */
const MOST_GROWTH_BYTES = 24 * 1024 * 1024

/** What is sent and the statuses that may answer it; 0: closed without an answer, because the client left first. */
interface Attack {
  readonly bytes: string
  readonly leaves?: boolean
  readonly statuses: readonly number[]
}

const request = (line: string, headers = '', body = ''): string =>
  `${line} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}\r\n${body}`
const post = (path: string, body: string): string =>
  request(`POST ${path}`, `Authorization: ${ADMIN}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`, body)
const spec = (fields: object): string => JSON.stringify({ service: 'x', image: 'a/b', ...fields })

const ATTACKS: readonly Attack[] = [
  { bytes: request('GET /system/functions'), statuses: [401] },
  { bytes: request('GET /system/function/f@n'), statuses: [404] },
  {
    bytes: request(`GET /system/function/${'a'.repeat(60_000)}`, `Authorization: ${ADMIN}\r\n`),
    statuses: [404],
  },
  { bytes: request('GET /system/function/__proto__', `Authorization: ${ADMIN}\r\n`), statuses: [404] },
  { bytes: request('GET /system/function/%00', `Authorization: ${ADMIN}\r\n`), statuses: [404] },
  { bytes: request('GET /system/function/%zz'), statuses: [400] },
  { bytes: request('GET /system/../../etc/passwd'), statuses: [301] },
  { bytes: request('GET //system//functions'), statuses: [301] },
  { bytes: request('PATCH /system/functions'), statuses: [405] },
  { bytes: request('BREW /system/functions'), statuses: [405] },
  { bytes: request('BREW\t/system/functions'), statuses: [400] },
  { bytes: request('GET /healthz', 'X: y\r\n'.repeat(3_000)), statuses: [431] },
  { bytes: request('GET /healthz', `X-Big: ${'x'.repeat(1_100_000)}\r\n`), statuses: [431] },
  { bytes: post('/system/functions', '{'), statuses: [400] },
  { bytes: post('/system/functions', '"\\ud800'), statuses: [400] },
  { bytes: post('/system/functions', '['.repeat(50_000)), statuses: [400] },
  { bytes: post('/system/functions', spec({ service: '../x' })), statuses: [400] },
  { bytes: post('/system/functions', spec({ image: '-v /:/host' })), statuses: [400] },
  { bytes: post('/system/functions', spec({ labels: { a: [1] } })), statuses: [400] },
  { bytes: post('/system/functions', spec({ limits: { memory: '1e999' } })), statuses: [400] },
  {
    bytes: post('/system/functions', '{"service":"x","image":"a/b","labels":{"__proto__":"1"}}'),
    statuses: [400],
  },
  { bytes: post('/system/scale-function/x', '{"replicas":-1}'), statuses: [400] },
  { bytes: post('/system/secrets', '{"name":"../x","value":"y"}'), statuses: [400] },
  { bytes: post('/system/namespace/', '{"name":"A"}'), statuses: [400] },
  { bytes: post('/system/alert', '{"alerts":[[]]}'), statuses: [400] },
  {
    bytes: request('POST /system/functions', `Authorization: ${ADMIN}\r\nContent-Length: 99999999\r\n`, 'x'),
    statuses: [413],
  },
  {
    bytes: request('POST /healthz', 'Content-Length: 3\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\n'),
    statuses: [400],
  },
  { bytes: request('POST /healthz', 'Content-Length: 99\r\n', 'half'), leaves: true, statuses: [0, 405] },
  { bytes: 'GET /healthz HT', leaves: true, statuses: [0, 400] },
  { bytes: 'GET /healthz HTTP/1.1\r\nHost: a\r\nX-Half: ', leaves: true, statuses: [0, 400] },
  { bytes: '\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03', statuses: [400] },
  { bytes: '\r\nGET / HTTP/9.9\r\n\r\n', statuses: [505] },
]

/** These wait for a limit, so they go apart, a few at a time. */
const SLOW: readonly Attack[] = [
  { bytes: '', statuses: [408] },
  { bytes: 'GET /healthz HTTP/1.1\r\nX-Half: ', statuses: [408] },
  {
    bytes: request('POST /system/functions', `Authorization: ${ADMIN}\r\nContent-Length: 99\r\n`, 'half'),
    statuses: [408],
  },
  {
    bytes: request(
      'POST /system/functions',
      `Authorization: ${ADMIN}\r\nTransfer-Encoding: chunked\r\n`,
      '5\r\nab',
    ),
    statuses: [408],
  },
]

describe('a listener under hostile requests', () => {
  const { app, provider, log } = testApp()
  const calls: CallPlane = {
    handle: (exchange) => void systemClock.after(SLOW_MS, () => exchange.answer(404, '')),
    upgrade: (exchange) => exchange.answer(404, ''),
  }
  const server = new GatewayServer(
    { calls, api: (ask, env) => app.fetch(ask, env), clock: systemClock, log: new RecordingLog() },
    gatewayOptions({ readTimeoutMs: 500, headersTimeoutMs: 500 }),
  )
  let port = 0
  before(async () => {
    ;({ port } = await server.start())
  })
  after(() => server.stop(100))

  it(`answers ${REQUESTS} of them as the spec says, half of them behind an unanswered request, stays well and keeps no memory`, async () => {
    await attack(port, ATTACKS, REQUESTS / 5)
    log.lines.length = 0
    const before = heapUsed()

    await attack(port, ATTACKS, (REQUESTS / 5) * 4)

    log.lines.length = 0
    await eventually(() => heapUsed() - before < MOST_GROWTH_BYTES)
    assert.equal((await statusOf(port, { bytes: request('GET /healthz'), statuses: [] })).status, 200)
    assert.deepEqual(provider.applied, [])
  })

  it('reads each of them the same behind an unanswered request and cut at every byte of its head', async () => {
    const ways = new ThreeWays()
    for (const { bytes } of ATTACKS) await ways.check(bytes)
  })

  it('answers those who send too slowly with 408', async () => {
    await attack(port, SLOW, 100)

    assert.equal((await statusOf(port, { bytes: request('GET /healthz'), statuses: [] })).status, 200)
  })
})

async function attack(port: number, attacks: readonly Attack[], count: number): Promise<void> {
  let sent = 0
  const worker = async (): Promise<void> => {
    while (sent < count) {
      const chosen = attacks[sent % attacks.length]
      const isBehind = Math.floor(sent / attacks.length) % 2 === 1
      sent += 1
      if (chosen === undefined) continue
      const { status, answer } = await statusOf(
        port,
        chosen,
        isBehind && chosen.bytes !== '' ? SLOW_CALL : '',
      )
      const what = `${JSON.stringify(chosen.bytes.slice(0, 100))} was answered ${answer.slice(0, 200)}`
      assert.ok(chosen.statuses.includes(status), what)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

function statusOf(
  port: number,
  { bytes, leaves = false }: Attack,
  ahead = '',
): Promise<{ status: number; answer: string }> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let answer = ''
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
    // A server that closes while we still write resets the connection; its answer came before that.
    socket.on('error', () => {})
    socket.on('close', () => {
      const own = ahead === '' || answer === '' ? answer : behindFirst(answer)
      resolve({ status: Number(own.slice(9, 12)), answer })
    })
    socket.write(ahead + bytes, 'latin1', () => {
      if (leaves) socket.destroy()
    })
  })
}
