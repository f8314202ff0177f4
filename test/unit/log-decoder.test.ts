import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import { LogDecoder, MOST_LINE_BYTES } from '../../src/provider/docker/logs/decoder.ts'
import { at, frame } from '../fakes/fake-log-engine.ts'

const PART = 16 * 1024

function decode(bytes: Buffer, chunkSize = bytes.length) {
  const decoder = new LogDecoder('abc')
  const lines = []
  for (let start = 0; start < bytes.length; start += chunkSize) {
    lines.push(...decoder.push(bytes.subarray(start, start + chunkSize)))
  }
  return [...lines, ...decoder.end()]
}

const messages = (...all: readonly (readonly [string, string, number?])[]) =>
  Buffer.concat(all.map(([timestamp, text, stream = 1]) => frame({ timestamp, text, stream })))

describe('a framed log stream', () => {
  it('gives lines with their exact time and without their end', () => {
    const bytes = messages([at(1, 123_456_789), 'one\n'], [at(2), 'two\r\n', 2], [at(3), '\n'])

    assert.deepEqual(decode(bytes), [
      { timestamp: at(1, 123_456_789), instance: 'abc', text: 'one' },
      { timestamp: at(2), instance: 'abc', text: 'two' },
      { timestamp: at(3), instance: 'abc', text: '' },
    ])
  })

  it('a framed log stream is the same however it is cut into chunks', () => {
    const bytes = messages([at(1), 'grüße ☃\n'], [at(2), 'x'.repeat(100)], [at(2), ' y\n'], [at(3), 'last'])
    const whole = decode(bytes)

    for (const size of [1, 2, 3, 7, 8, 9, 31, 64]) assert.deepEqual(decode(bytes, size), whole)
  })

  it('joins the parts of a long line under the time of the first', () => {
    const long = 'a'.repeat(PART)
    const bytes = messages([at(1), long], [at(1, 5), long], [at(2), 'end\n'], [at(3), 'next\n'])

    const lines = decode(bytes)

    assert.deepEqual(
      lines.map(({ timestamp }) => timestamp),
      [at(1), at(3)],
    )
    assert.equal(lines[0]?.text, `${long}${long}end`)
  })

  it('keeps the parts of output and error output apart', () => {
    const long = 'a'.repeat(PART)
    const bytes = messages([at(1), long, 1], [at(1, 1), 'error\n', 2], [at(1, 2), 'end\n', 1])

    assert.deepEqual(
      decode(bytes).map(({ text }) => text),
      ['error', `${long}end`],
    )
  })

  it('joins a character that was cut between two parts', () => {
    const snowman = Buffer.from('☃')
    const header = (length: number) => {
      const bytes = Buffer.alloc(8)
      bytes[0] = 1
      bytes.writeUInt32BE(length, 4)
      return bytes
    }
    const parts = [
      Buffer.concat([Buffer.alloc(PART, 'a'), snowman.subarray(0, 1)]),
      Buffer.concat([snowman.subarray(1), Buffer.from('\n')]),
    ]
    const bytes = parts.map((part) => {
      const payload = Buffer.concat([Buffer.from(`${at(1)} `), part])
      return Buffer.concat([header(payload.length), payload])
    })

    assert.equal(decode(Buffer.concat(bytes))[0]?.text, `${'a'.repeat(PART)}☃`)
  })

  it('a framed log stream does not glue the unfinished line of a dead process to the first of the next', () => {
    const bytes = messages([at(1), 'dying'], [at(2), 'born\n'])

    assert.deepEqual(
      decode(bytes).map(({ text }) => text),
      ['dying', 'born'],
    )
  })

  it('splits a line without end at 1 MiB', () => {
    const part = 'a'.repeat(PART)
    const count = (MOST_LINE_BYTES / PART) * 2 + 1
    const bytes = messages(...Array.from({ length: count }, () => [at(1), part] as const))

    assert.deepEqual(
      decode(bytes).map(({ text }) => text.length),
      [MOST_LINE_BYTES, MOST_LINE_BYTES, PART],
    )
  })

  it('a framed log stream is refused when its frames make no sense', () => {
    const bytes = Buffer.from([1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 1, 2, 3])

    assert.throws(
      () => decode(bytes),
      (error) => hasCode(error, 'bad-gateway'),
    )
  })

  it('reads the times of other engines', () => {
    const lines = decode(
      messages(['2026-01-02T05:04:01.5+02:00', 'a\n'], ['2026-01-02T03:04:01Z', 'b\n'], ['none', 'c\n']),
    )

    assert.deepEqual(
      lines.map(({ timestamp }) => timestamp),
      [at(1, 500_000_000), at(1), at(1)],
    )
  })
})

describe('the raw log stream of a terminal', () => {
  it('the raw stream of a terminal is cut into lines with their times', () => {
    const bytes = Buffer.from(`${at(1)} one\r\n${at(2)} two\r\n${at(3)} rest`)
    const whole = decode(bytes)

    assert.deepEqual(
      whole.map(({ timestamp, text }) => [timestamp, text]),
      [
        [at(1), 'one'],
        [at(2), 'two'],
        [at(3), 'rest'],
      ],
    )
    for (const size of [1, 5, 40]) assert.deepEqual(decode(bytes, size), whole)
  })

  it('takes the times of the parts out of a long line', () => {
    const long = 'a'.repeat(PART)
    const bytes = Buffer.from(`${at(1)} ${long}${at(1, 7)} ${long}${at(1, 8)} end\r\n`)

    assert.deepEqual(
      decode(bytes).map(({ text }) => text),
      [`${long}${long}end`],
    )
  })
})
