import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import type { Call } from '../../src/core/calls/call.ts'
import { answerHead } from '../../src/invoke/headers/answer-headers.ts'
import { requestHead, trailerLines } from '../../src/invoke/http1/request-head.ts'
import { requestHeaders } from '../../src/invoke/headers/request-headers.ts'
import { callWith as call } from '../fakes/call-with.ts'
import { OPEN_EDGE } from '../fakes/open-edge.ts'

const RULES = { ...OPEN_EDGE, userAgent: 'ua' }
const OURS = ['X-Call-Id', 'id', 'X-Start-Time', '1', 'X-Sampan-Hops', '1', 'User-Agent', 'ua']

describe('headers to a function', () => {
  it('headers to a function keep the length of a streamed body only', () => {
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(3)
    }
    const raw = ['Content-Length', '3']

    assert.deepEqual(requestHeaders(call(raw, { body: stream() }), RULES), [...raw, ...OURS])
    assert.deepEqual(requestHeaders(call(raw, { body: new Uint8Array(3) }), RULES), OURS)
    assert.deepEqual(requestHeaders(call(raw), RULES), OURS)
  })

  it('headers to a function say nothing of a peer when there is none, and never touch what came', () => {
    const raw = Object.freeze(['X-Forwarded-For', '1.2.3.4', 'Connection', 'close'])
    const peer = { forwardedFor: '9.9.9.9', forwardedHost: 'h' }

    assert.deepEqual(requestHeaders(call([]), RULES), OURS)
    assert.deepEqual(requestHeaders(call(raw, peer), RULES).slice(0, 2), ['X-Forwarded-For', '1.2.3.4'])
  })

  it('headers to a function lose everything that any Connection header names', () => {
    const raw = ['Connection', 'x-a, Close', 'X-A', '1', 'connection', 'X-B', 'x-b', '2', 'X-C', '3']

    assert.deepEqual(requestHeaders(call(raw), RULES), ['X-C', '3', ...OURS])
  })

  it('headers to a function are as quick with names that objects have', () => {
    const raw = ['__proto__', 'a', 'constructor', 'b', 'hasOwnProperty', 'c']

    assert.deepEqual(requestHeaders(call(raw), { ...RULES, keepOddNames: true }), [...raw, ...OURS])
  })

  it('take the same Host twice, and refuse two', () => {
    assert.deepEqual(requestHeaders(call(['Host', 'a', 'host', 'a']), RULES), OURS)
    assert.throws(() => requestHeaders(call(['Host', 'a', 'host', 'b']), RULES), { code: 'invalid' })
  })
})

describe('the head of a call', () => {
  const to = { host: '10.0.0.1:8080', protocol: null }

  it('says where, and how long the body is', () => {
    const lines = requestHead(call([], { method: 'GET', path: '/a?b' }), ['X-A', '1'], to)
    assert.equal(
      lines,
      'GET /a?b HTTP/1.1\r\nHost: 10.0.0.1:8080\r\nConnection: keep-alive\r\nX-A: 1\r\n\r\n',
    )

    const withBody = (body: Call['body'], ...headers: string[]) =>
      requestHead(call([], { body }), headers, to)
    assert.match(withBody(null), /\r\nContent-Length: 0\r\n\r\n$/)
    assert.match(withBody(new Uint8Array(3)), /\r\nContent-Length: 3\r\n\r\n$/)
    assert.match(withBody(Readable.from([])), /\r\nTransfer-Encoding: chunked\r\n\r\n$/)
    assert.doesNotMatch(withBody(Readable.from([]), 'Content-Length', '3'), /chunked/)
  })

  const refused: Readonly<Record<string, readonly [Partial<Call>, readonly string[]]>> = {
    'a line end in the path': [{ path: '/a\r\nX: y' }, []],
    'a character in the path that becomes a line feed': [{ path: '/a\u010a' }, []],
    'a blank in the path': [{ path: '/a b' }, []],
    'a method that is none': [{ method: 'GET /x' }, []],
    'a line end in a value': [{}, ['X-A', 'a\r\nX: y']],
    'a character in a value that becomes a line feed': [{}, ['X-A', 'a\u010aX: y']],
    'a colon in a name': [{}, ['X-A: 1\r\nX-B', '2']],
    'an empty name': [{}, ['', '1']],
  }
  for (const [what, [more, headers]] of Object.entries(refused)) {
    it(`the head of a call cannot be written with ${what}`, () => {
      assert.throws(() => requestHead(call([], more), headers, to), { code: 'invalid' })
    })
  }

  it('the head of a call cannot be smuggled into by its trailers', () => {
    assert.equal(
      trailerLines(['X-Sum', '1', 'X: y', '2', 'X-A', 'b\r\nc', 'Host', 'h', 'TE', 't']),
      'X-Sum: 1\r\n',
    )
  })
})

describe('the head of an answer', () => {
  const head = (status: number, ...raw: string[]) =>
    answerHead(raw, { call: call([]), status, servedBy: 'us', address: '172.28.0.15:8080' })

  it('knows the length, and says -1 when the function did not', () => {
    assert.equal(head(200, 'content-length', '12').length, 12)
    assert.equal(head(200, 'Transfer-Encoding', 'chunked').length, -1)
  })

  it('keeps the names of trailers only where trailers can be', () => {
    assert.ok(head(200, 'Trailer', 'X-Sum').headers.includes('X-Sum'))
    assert.ok(!head(200, 'Trailer', 'X-Sum', 'Content-Length', '1').headers.includes('X-Sum'))
  })

  it('loses everything that any Connection header names', () => {
    const { headers } = head(
      200,
      'Connection',
      'X-A',
      'X-A',
      '1',
      'connection',
      'x-b',
      'X-B',
      '2',
      'X-C',
      '3',
    )

    assert.deepEqual(headers.slice(0, 2), ['X-C', '3'])
    assert.ok(!headers.includes('X-B'))
  })

  it('keeps a type that its Connection header names from being guessed at', () => {
    const { headers } = head(200, 'Content-Type', 'text/html', 'Connection', 'content-type')

    assert.equal(headers[headers.indexOf('Content-Type') + 1], 'text/plain')
  })

  it("takes the caller's type where the function states none, unless that would mislead or be run", () => {
    const typeFor = (type: string) => {
      const ours = { call: call(['content-type', type]), status: 200, servedBy: 'us', address: 'a:1' }
      return answerHead([], ours).headers.at(-1)
    }

    for (const type of ['application/json; charset=utf-8', 'text/csv', 'application/octet-stream'])
      assert.equal(typeFor(type), type)
    for (const type of [
      'multipart/form-data; boundary=x',
      'text/html; charset=utf-8',
      ' TEXT/HTML',
      'application/xhtml+xml',
      'image/svg+xml',
      'text/xml',
      '',
    ])
      assert.equal(typeFor(type), 'text/plain', type)
  })

  it('invents no type where there is no content', () => {
    assert.ok(head(200).headers.includes('text/plain'))
    for (const status of [101, 204, 304]) assert.ok(!head(status).headers.includes('Content-Type'))
  })
})
