import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { openFiles } from '../fixtures/process-usage.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { eventually } from '../fakes/eventually.ts'
import { behindFirst } from '../fixtures/three-ways.ts'

/** How many hostile requests; the project promises that 10,000 do no harm. */
const REQUESTS = Number(process.env['SAMPAN_TEST_HOSTILE'] ?? 3_000)
const AT_ONCE = 50

/** What is sent, byte for byte, and the statuses that may answer it. 0: the connection is closed without an answer. */
type Attack = readonly [name: string, bytes: (authorization: string) => string, statuses: readonly number[]]

const get = (path: string) => () => `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`
const deploy = (body: string) => (authorization: string) =>
  `POST /system/functions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${authorization}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`
const foreign = (path: string) => () =>
  `GET ${path} HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n`
const raw = (text: string) => () => text

const ATTACKS: readonly Attack[] = [
  ['a name that cannot be', get('/function/UPPER'), [404]],
  ['a name with an escaped slash', get('/function/a%2Fb'), [404]],
  ['a name that climbs', get('/function/..%2f..%2fsystem'), [404]],
  ['a name with NUL', get('/function/a%00b'), [404]],
  ['a broken escape', get('/function/%zz'), [400, 404]],
  ['an endless name', get(`/function/${'a'.repeat(3_000)}`), [404]],
  ['an empty name', get('/function/'), [404]],
  ['an unknown namespace', get('/function/a.nowhere'), [404]],
  ['a dotted name', get('/function/a.b.c.d'), [404]],
  ['an object key as name', get('/function/__proto__'), [404]],
  ['an object key as name, lower case', get('/function/constructor'), [404]],
  ['an unknown path', get('/etc/passwd'), [404]],
  ['a call by a foreign name', foreign('/function/fn'), [421]],
  ['health by a foreign name', foreign('/healthz'), [421]],
  ['control by a foreign name', foreign('/system/functions'), [421]],
  ['control without credentials', get('/system/functions'), [401]],
  [
    'a wrong method',
    raw('BREW /system/functions HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'),
    [405],
  ],
  ['JSON that is none', deploy('{"service":'), [400]],
  ['an empty body', deploy(''), [400]],
  ['a list', deploy('[]'), [400]],
  ['a number as name', deploy('{"service":1,"image":"x"}'), [400]],
  ['a bad name', deploy('{"service":"../x","image":"x"}'), [400]],
  ['no image', deploy('{"service":"x"}'), [400]],
  ['a bad image', deploy('{"service":"x","image":"UPPER CASE"}'), [400]],
  ['a number in a map', deploy('{"service":"x","image":"x","labels":{"a":1}}'), [400]],
  ['a bad quantity', deploy('{"service":"x","image":"x","limits":{"memory":"lots"}}'), [400]],
  ['a secret that is not there', deploy('{"service":"x","image":"x","secrets":["none"]}'), [400]],
  ['deep JSON', deploy(`{"service":${'['.repeat(20_000)}${']'.repeat(20_000)}}`), [400, 413]],
  [
    'huge headers',
    raw(`GET /function/fn HTTP/1.1\r\nHost: localhost\r\nX-Big: ${'x'.repeat(2 << 20)}\r\n\r\n`),
    [431],
  ],
  ['no HTTP at all', raw('\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n'), [400]],
  [
    'two lengths',
    raw('POST /function/fn HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'),
    [400],
  ],
  [
    'length and chunks',
    raw(
      'POST /function/fn HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ),
    [400],
  ],
  [
    'a bad chunk',
    raw('POST /function/fn HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
    [400, 502, 0],
  ],
  ['no Host', raw('GET /function/fn HTTP/1.1\r\n\r\n'), [400]],
  ['a bare line feed', raw('GET /function/fn HTTP/1.1\nHost: localhost\n\n'), [400]],
  ['a space before the colon', raw('GET /function/fn HTTP/1.1\r\nHost : x\r\n\r\n'), [400]],
]

/** Answered after what stands behind it was sent. */
const SLOW_CALL = 'GET /function/fn/sleep/30ms HTTP/1.1\r\nHost: localhost\r\n\r\n'

/** Sent and then left: the daemon must neither answer nor care. */
const LEFT_ALONE: readonly string[] = [
  'GET /function/fn HT',
  'GET /function/fn HTTP/1.1\r\nHost: localhost\r\nX-A',
  'POST /function/fn/count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf',
  'POST /function/fn/count HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel',
  'POST /system/functions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{',
]

describe('hostile requests', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  let authorization = ''

  before(async () => {
    daemon = await DaemonProcess.start({ SAMPAN_READ_TIMEOUT: '3s' })
    authorization = `Authorization: ${await daemon.authorization()}\r\n`
    await daemon.deploy({ service: 'fn', image: await testImage('fn') })
    assert.equal((await daemon.call('fn/id')).status, 200)
  })
  after(() => daemon[Symbol.asyncDispose]())

  for (const [name, bytes, statuses] of ATTACKS) {
    it(`a hostile request is answered with ${statuses.join(' or ')}: ${name}`, async () => {
      const status = await send(daemon.url, bytes(authorization))

      assert.ok(statuses.includes(status), `answered with ${status}`)
    })

    it(`a hostile request behind an unanswered call, ${name}: that answer, then ${statuses.join(' or ')}`, async () => {
      const status = await send(daemon.url, bytes(authorization), SLOW_CALL)

      assert.ok(statuses.includes(status), `answered with ${status}`)
    })
  }

  it('ends a sender that falls silent within its body', async () => {
    const head = 'POST /function/fn/count HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n'

    assert.equal(await send(daemon.url, `${head}half`), 408)
  })

  it(`stays healthy under ${REQUESTS} of them, and leaves no descriptor behind`, async () => {
    const openBefore = await openFiles(daemon.pid)
    let next = 0
    const wrong: string[] = []
    const worker = async () => {
      while (next < REQUESTS) {
        const index = next++
        if (index % 8 === 0) {
          await leave(daemon.url, LEFT_ALONE[(index / 8) % LEFT_ALONE.length] ?? '')
          continue
        }
        const [name, bytes, statuses] = ATTACKS[index % ATTACKS.length] ?? assert.fail()
        const ahead = Math.floor(index / ATTACKS.length) % 2 === 0 ? '' : SLOW_CALL
        const status = await send(daemon.url, bytes(authorization), ahead)
        if (!statuses.includes(status)) wrong.push(`${name}: ${status}`)
      }
    }

    await Promise.all(Array.from({ length: AT_ONCE }, worker))

    assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} wrong answers`)
    assert.equal((await daemon.call('fn/id')).status, 200)
    assert.equal((await fetch(`${daemon.url}/healthz`)).status, 200)
    const listed = (await (await daemon.api('GET', '/system/functions')).json()) as { name: string }[]
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['fn'],
    )
    await eventually(
      async () => (await openFiles(daemon.pid)) < openBefore + 20,
      10_000,
      'the connections are gone',
    )
  })
})

/** Status of the answer to `bytes`, 0 when the connection was closed without one. `ahead`: a request before them, which must be answered first. */
function send(url: string, bytes: string, ahead = ''): Promise<number> {
  return new Promise((done, broke) => {
    let text = ''
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write(ahead + bytes))
    socket.setTimeout(20_000, () =>
      socket.destroy(new Error(`no answer within 20 s to ${bytes.slice(0, 80)}`)),
    )
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => {
      text += part
      if (isAnswered(text) && (ahead === '' || isAnswered(behindFirst(text)))) socket.end()
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // A daemon that answers before it has read everything may reset; what it said before counts.
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') broke(error)
    })
    socket.on('close', () => {
      const own = ahead === '' ? text : behindFirst(text)
      done(Number(/^HTTP\/1\.1 (\d{3})/.exec(own)?.[1] ?? 0))
    })
  })
}

/** Whether there is a head with a status. */
function isAnswered(text: string): boolean {
  return text.includes('\r\n\r\n')
}

/** Sends half a request and goes away. */
function leave(url: string, bytes: string): Promise<void> {
  return new Promise((done) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () =>
      socket.write(bytes, () => socket.destroy()),
    )
    socket.on('error', () => {})
    socket.on('close', () => done())
  })
}
