import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SeenLines } from '../../src/logs/seen-lines.ts'
import { at } from '../fakes/fake-log-engine.ts'

const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, number) => ({
    timestamp: at(1, from + number),
    instance: 'x',
    text: '',
  }))

describe('lines that were seen', () => {
  for (const batch of [1, 7, 64, 65, 200, 1_000]) {
    it(`lines that were seen are known again when they came ${batch} at a time`, () => {
      const seen = new SeenLines()
      for (let start = 0; start < 1_000; start += batch)
        seen.note(lines(start, Math.min(1_000, start + batch)))

      seen.rewind()

      assert.deepEqual(
        lines(0, 1_010).filter((line) => seen.isNew(line)),
        lines(1_000, 1_010),
      )
      assert.equal(seen.newest, at(1, 999))
    })
  }

  it('lines that were seen are counted when their times are equal', () => {
    const seen = new SeenLines()
    const [line] = lines(5, 6)
    assert.ok(line)
    seen.note([line, line])

    seen.rewind()

    assert.deepEqual(
      [line, line, line].map((again) => seen.isNew(again)),
      [false, false, true],
    )
  })

  it('lines that were seen do not hide one that was overtaken', () => {
    const seen = new SeenLines()
    const [first, late, last] = lines(0, 3)
    assert.ok(first && late && last)
    seen.note([first, last])

    seen.rewind()

    assert.deepEqual(
      [first, last, late].map((line) => seen.isNew(line)),
      [false, false, true],
    )
  })
})
