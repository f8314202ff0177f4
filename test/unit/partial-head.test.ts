import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PartialHead } from '../../src/gateway/edge/intake/partial-head.ts'

const HEAD = 'GET / HTTP/1.1\r\nHost: a\r\n'

/** The head that the pieces make together and what stands behind it; null while it is not whole. */
function read(...pieces: readonly string[]): readonly [text: string, rest: string] | null {
  const head = new PartialHead(1_000)
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1')
    const isWhole = head.take(bytes, 0, bytes.length)
    if (isWhole) return [head.text, head.rest.rest.toString('latin1', head.rest.restFrom, head.rest.restTo)]
    // The bytes were only lent.
    bytes.fill('#')
  }
  return null
}

describe('the head of a request in pieces', () => {
  it('is whole with its empty line, wherever it is cut', () => {
    const text = `${HEAD}\r\nbody`
    for (let at = 1; at < text.length; at += 1) {
      const found = read(text.slice(0, at), text.slice(at))
      const rest = at < HEAD.length + 2 ? 'body' : text.slice(HEAD.length + 2, at)
      assert.deepEqual(found, [HEAD, rest], `cut at ${at}`)
    }
    assert.equal(read(HEAD), null)
  })

  it('may stand behind one empty line', () => {
    assert.deepEqual(read(`\r\n${HEAD}\r\n`), [HEAD, ''])
    assert.deepEqual(read('\r', '\n', HEAD, '\r\n'), [HEAD, ''])
  })

  const refused: Readonly<
    Record<string, readonly [pieces: readonly string[], status: number, what: RegExp]>
  > = {
    'two empty lines ahead': [['\r\n\r\n'], 400, /empty lines before/],
    'two empty lines ahead, in pieces': [['\r', '\n', '\r'], 400, /malformed request line/],
    'a line feed first': [['\n'], 400, /malformed request line/],
    'a bare carriage return first': [['\r', 'G'], 400, /malformed request line/],
    'a TLS handshake': [['\x16\x03\x01'], 400, /no TLS/],
    'bytes that begin no method': [['{"a":1}'], 400, /malformed request line/],
    'a bare line feed': [['GET / HTTP/1.1\nHost: a'], 400, /without a carriage return/],
    'a bare line feed that begins a piece': [
      ['GET / HTTP/1.1', '\nHost: a'],
      400,
      /without a carriage return/,
    ],
    'more than it may have': [[`GET /${'a'.repeat(1_000)}`], 431, /1000 bytes \(SAMPAN_MAX_HEADER_BYTES\)$/],
    'more than it may have, in pieces': [
      Array.from({ length: 11 }, () => 'a'.repeat(100)),
      431,
      /1000 bytes/,
    ],
  }
  for (const [what, [pieces, status, message]] of Object.entries(refused)) {
    it(`is refused with ${status} before its end: ${what}`, () => {
      assert.throws(() => read(...pieces), { name: 'Refusal', status, message })
    })
  }

  it('has not begun while only the empty line ahead came', () => {
    const head = new PartialHead(1_000)
    for (const [piece, isBlank] of [
      ['\r', true],
      ['\n', true],
      ['G', false],
    ] as const) {
      head.take(Buffer.from(piece), 0, 1)
      assert.equal(head.isBlank, isBlank)
    }
  })
})
