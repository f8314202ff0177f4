import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Call } from '../../src/core/call.ts'
import { answerHead } from '../../src/invoke/answer-headers.ts'
import { requestHeaders } from '../../src/invoke/request-headers.ts'

function call(rawHeaders: readonly string[], more: Partial<Call> = {}): Call {
  return {
    fn: 'hello',
    method: 'POST',
    path: '/',
    rawHeaders,
    body: null,
    callId: 'id',
    startTime: '1',
    forwardedFor: null,
    forwardedHost: null,
    ...more,
  }
}

const OURS = ['X-Call-Id', 'id', 'X-Start-Time', '1', 'User-Agent', 'ua']

describe('headers to a function', () => {
  it('keep the length of a streamed body only', () => {
    async function* stream(): AsyncGenerator<Uint8Array> {
      yield new Uint8Array(3)
    }
    const raw = ['Content-Length', '3']

    assert.deepEqual(requestHeaders(call(raw, { body: stream() }), 'ua'), [...raw, ...OURS])
    assert.deepEqual(requestHeaders(call(raw, { body: new Uint8Array(3) }), 'ua'), OURS)
    assert.deepEqual(requestHeaders(call(raw), 'ua'), OURS)
  })

  it('say nothing of a peer when there is none, and never touch what came', () => {
    const raw = Object.freeze(['X-Forwarded-For', '1.2.3.4', 'Connection', 'close'])
    const peer = { forwardedFor: '9.9.9.9:1', forwardedHost: 'h' }

    assert.deepEqual(requestHeaders(call([]), 'ua'), OURS)
    assert.deepEqual(requestHeaders(call(raw, peer), 'ua').slice(0, 2), ['X-Forwarded-For', '1.2.3.4'])
  })

  it('lose everything that any Connection header names', () => {
    const raw = ['Connection', 'x-a, Close', 'X-A', '1', 'connection', 'X-B', 'x-b', '2', 'X-C', '3']

    assert.deepEqual(requestHeaders(call(raw), 'ua'), ['X-C', '3', ...OURS])
  })

  it('are as quick with names that objects have', () => {
    const raw = ['__proto__', 'a', 'constructor', 'b', 'hasOwnProperty', 'c']

    assert.deepEqual(requestHeaders(call(raw), 'ua'), [...raw, ...OURS])
  })

  it('take the same Host twice, and refuse two', () => {
    assert.deepEqual(requestHeaders(call(['Host', 'a', 'host', 'a']), 'ua'), OURS)
    assert.throws(() => requestHeaders(call(['Host', 'a', 'host', 'b']), 'ua'), { code: 'invalid' })
  })
})

describe('the head of an answer', () => {
  const head = (status: number, ...raw: string[]) =>
    answerHead(
      raw.map((text) => Buffer.from(text, 'latin1')),
      { call: call([]), status, servedBy: 'us' },
    )

  it('knows the length, and says -1 when the function did not', () => {
    assert.equal(head(200, 'content-length', '12').length, 12)
    assert.equal(head(200, 'Transfer-Encoding', 'chunked').length, -1)
  })

  it('keeps the names of trailers only where trailers can be', () => {
    assert.ok(head(200, 'Trailer', 'X-Sum').headers.includes('X-Sum'))
    assert.ok(!head(200, 'Trailer', 'X-Sum', 'Content-Length', '1').headers.includes('X-Sum'))
  })

  it('invents no type where there is no content', () => {
    assert.ok(head(200).headers.includes('text/plain'))
    for (const status of [101, 204, 304]) assert.ok(!head(status).headers.includes('Content-Type'))
  })
})
