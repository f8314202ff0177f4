import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CHUNKED, readRequestHead, type RequestHead } from '../../src/gateway/edge/intake/request-head.ts'

// What is refused for its grammar is in the corpus of requests (test/corpus/); here is what the rest means.

const read = (lines: string, line = 'GET /a HTTP/1.1'): RequestHead =>
  readRequestHead(`${line}\r\nHost: h\r\n${lines}`)

describe('a request head', () => {
  it('keeps names, values and the target byte for byte', () => {
    const head = read('X-A:  b\t c \r\nx-a: \xe9\r\n', 'BREW /a%zz?\xff HTTP/1.1')

    assert.deepEqual([head.method, head.target, head.minor, head.host], ['BREW', '/a%zz?\xff', 1, 'h'])
    assert.deepEqual(head.rawHeaders, ['Host', 'h', 'X-A', 'b\t c', 'x-a', '\xe9'])
  })

  const means: readonly (readonly [lines: string, Partial<RequestHead>, line?: string])[] = [
    ['', { bodyLength: 0, isKept: true, expectsContinue: false, upgrade: null }],
    ['Content-Length: 012\r\n', { bodyLength: 12 }],
    ['transfer-encoding: CHUNKED\r\n', { bodyLength: CHUNKED }],
    ['Connection: close\r\n', { isKept: false }],
    ['Connection: x , Close\r\n', { isKept: false }],
    ['Connection: closed\r\n', { isKept: true }],
    ['Connection: keep-alive\r\nConnection: close\r\n', { isKept: false }],
    ['', { isKept: false, minor: 0 }, 'GET /a HTTP/1.0'],
    ['Connection: Keep-Alive\r\n', { isKept: true }, 'GET /a HTTP/1.0'],
    ['Connection: keep-alive, close\r\n', { isKept: false }, 'GET /a HTTP/1.0'],
    ['Expect: 100-Continue\r\n', { expectsContinue: true }],
    ['Expect: 100-continue\r\n', { expectsContinue: false }, 'GET /a HTTP/1.0'],
    ['Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n', { upgrade: 'WebSocket' }],
    ['Upgrade: WebSocket\r\n', { upgrade: null }],
    ['Connection: upgrade\r\n', { upgrade: null }],
  ]
  for (const [lines, expected, line = 'GET /a HTTP/1.1'] of means) {
    it(`means ${JSON.stringify(expected)} for ${JSON.stringify(lines)} in ${line.slice(-8)}`, () => {
      const head = read(lines, line)
      for (const [key, value] of Object.entries(expected))
        assert.equal(head[key as keyof RequestHead], value, key)
    })
  }

  it('needs no Host in HTTP/1.0', () => {
    assert.equal(readRequestHead('GET /a HTTP/1.0\r\n').host, null)
    assert.throws(() => readRequestHead('GET /a HTTP/1.1\r\n'), { status: 400, message: /Host/ })
  })

  const refused: readonly (readonly [lines: string, status: number, line?: string])[] = [
    ['Content-Length: 1000000000000000\r\n', 400],
    ['Content-Length: \r\n', 400],
    ['Expect: 200-ok\r\n', 417],
    ['Expect: 200-ok\r\n', 417, 'GET /a HTTP/1.0'],
    ['Expect: 100-continue\r\nExpect: 100-continue\r\n', 417],
    ['Transfer-Encoding: chunked\r\n', 400, 'POST /a HTTP/1.0'],
    ['', 505, 'GET /a HTTP/2.0'],
    ['', 505, 'GET /a HTTP/1.2'],
    ['', 400, 'GET /a HTTP/11'],
    ['', 400, 'GET /a'],
    ['', 400, `${'A'.repeat(65)} /a HTTP/1.1`],
    ['X: 1\r\n'.repeat(1_000), 431],
  ]
  for (const [lines, status, line = 'GET /a HTTP/1.1'] of refused) {
    it(`is refused with ${status}: ${JSON.stringify(line.slice(0, 40))} with ${JSON.stringify(lines.slice(0, 60))}`, () => {
      assert.throws(() => read(lines, line), { name: 'Refusal', status })
    })
  }
})
