import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pieces, plain } from '../text/ansi.ts'
import { asCurl, fromCurl, hasCredentials, words } from '../text/curl.ts'
import { ago, bytes, cpu, DASH, figure, millis, rate, share, timeOf } from '../text/format.ts'
import { indented, tokens } from '../text/json-tokens.ts'
import { BLOCK, LogBuffer, matcher, MAX_LINES, SeenLines } from '../text/log-buffer.ts'

describe('figures of the page', () => {
  it('what is missing, or no number, is a dash in every form', () => {
    for (const form of [figure, rate, share, cpu, bytes, millis])
      for (const none of [undefined, null, Number.NaN, Number.POSITIVE_INFINITY])
        assert.equal(form(none), DASH)
  })

  it('a whole number has no decimals, and the rest at most two', () => {
    assert.deepEqual([0, 3, 12.04, 0.123, 1234.6, 0.001].map(figure), [
      '0',
      '3',
      '12.0',
      '0.12',
      '1,235',
      '<0.01',
    ])
    assert.deepEqual([24.6, 12, 0.1, 0.25].map(rate), ['24.6', '12', '0.1', '0.25'])
  })

  it('shares, sizes and durations have the unit that keeps them short', () => {
    assert.deepEqual([0, 0.002, 0.048, 1, 0.0001].map(share), ['0', '0.2 %', '4.8 %', '100 %', '<0.1 %'])
    assert.deepEqual([0, 900, 183 * 1024 ** 2, 1.9 * 1024 ** 3].map(bytes), [
      '0 B',
      '900 B',
      '183 MiB',
      '1.9 GiB',
    ])
    assert.deepEqual([0.9, 18, 999.9, 4100, 59_000, 120_000].map(millis), [
      '0.9 ms',
      '18 ms',
      '1.0 s',
      '4.1 s',
      '59 s',
      '2 min',
    ])
  })

  it('an age says now, a unit, or never', () => {
    assert.deepEqual(
      [10_000, 8000, null, undefined].map((at) => ago(at, 10_000)),
      ['now', '2 s', 'never', DASH],
    )
  })

  it('reads both forms of a time and refuses what is none', () => {
    assert.equal(timeOf('1970-01-01T00:00:01Z'), 1000)
    assert.deepEqual([timeOf(5), timeOf('soon'), timeOf({})], [5, undefined, undefined])
  })
})

describe('escape sequences in a log', () => {
  it('colours become class names and everything else goes', () => {
    const text = '\u001b[31mred\u001b[1m bold\u001b[0m plain\u001b[2J\u001b]0;title\u0007!'
    assert.deepEqual(pieces(text), [
      { text: 'red', style: 'a-red' },
      { text: ' bold', style: 'a-red a-bold' },
      { text: ' plain', style: '' },
      { text: '!', style: '' },
    ])
    assert.equal(plain(text), 'red bold plain!')
  })

  it('a number of 256 colours is not taken for one of sixteen', () => {
    assert.deepEqual(pieces('\u001b[38;5;31mx'), [{ text: 'x', style: '' }])
  })
})

describe('JSON in colours', () => {
  it('tells keys, strings and numbers apart and loses nothing', () => {
    const json = '{\n  "a": "b: 1",\n  "c": [-1.5e3, true]\n}'
    const found = tokens(json)
    assert.equal(found.map((token) => token.text).join(''), json)
    assert.deepEqual(
      found.filter((token) => token.kind !== '').map(({ text, kind }) => `${kind} ${text}`),
      ['k "a"', 's "b: 1"', 'k "c"', 'n -1.5e3'],
    )
  })

  it('numbers that JavaScript would round stay as they came, and what is no JSON is none', () => {
    assert.equal(indented('{"id":12345678901234567890}'), '{"id":12345678901234567890}')
    assert.equal(indented('{"a":1}'), '{\n  "a": 1\n}')
    assert.equal(indented('{oops'), undefined)
  })
})

describe('curl lines', () => {
  const request = {
    method: 'PUT',
    target: '/a%2Fb?x=1',
    headers: [['X-A', "it's"]] as const,
    body: '{"a": 1}',
  }

  it('a request as a line reads back as the same request', () => {
    const line = asCurl(request, 'http://pi:8080/function/fn')
    assert.equal(
      line,
      `curl -X PUT -H 'X-A: it'\\''s' --data-binary '{"a": 1}' 'http://pi:8080/function/fn/a%2Fb?x=1'`,
    )
    assert.deepEqual(fromCurl(line, '/function/fn'), request)
  })

  it('reads quotes and continued lines as a shell does', () => {
    assert.deepEqual(words(`curl "a \\"b\\"" 'c d' \\\n e\\ f`), ['curl', 'a "b"', 'c d', 'e f'])
  })

  it('what is no curl line is none', () => {
    assert.equal(fromCurl('wget http://a', '/function/fn'), undefined)
  })

  it('knows headers that give a password away', () => {
    assert.equal(hasCredentials([['authorization', 'x']]), true)
    assert.equal(hasCredentials([['X-Author', 'x']]), false)
  })
})

const line = (i: number) => ({ atMs: i, instance: 'a', text: `line ${i}` })

describe('the lines of a log view', () => {
  it('keeps the newest hundred thousand, and counts what went', () => {
    const buffer = new LogBuffer()
    buffer.add(Array.from({ length: MAX_LINES }, (_, i) => line(i)))
    assert.equal(buffer.dropped, 0)
    assert.equal(buffer.add([line(MAX_LINES)]), 1)
    assert.equal(buffer.count, MAX_LINES + 1 - BLOCK)
    assert.equal(buffer.dropped, BLOCK)
    assert.equal([...buffer.lines()][0]?.text, `line ${BLOCK}`)
  })

  it('keeps at most twenty MiB of text, however few lines that is', () => {
    const buffer = new LogBuffer()
    const long = 'x'.repeat(16_384)
    for (let i = 0; i < 4; i += 1)
      buffer.add(Array.from({ length: BLOCK }, () => ({ atMs: i, instance: 'a', text: long })))
    assert.ok(buffer.count <= 4 * BLOCK && buffer.dropped > 0)
  })

  it('finds plain text whatever its case, a pattern between slashes, and refuses a broken one', () => {
    assert.equal(matcher('ERR')?.('an error'), true)
    assert.equal(matcher('/^a.*r$/')?.('an error'), true)
    assert.equal(matcher('/(/'), undefined)
  })

  it('lines that came twice in one stream stay two, and a stream that is read again brings none twice', () => {
    const seen = new SeenLines()
    assert.deepEqual(
      [line(1), line(1), line(2)].map((one) => seen.isNew(one)),
      [true, true, true],
    )
    seen.reconnected()
    assert.deepEqual(
      [line(1), line(1), line(2), line(2)].map((one) => seen.isNew(one)),
      [false, false, false, true],
    )
  })
})
