import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TRAPS } from '../conformance/traps.ts'
import { tableOfDocument, tableOfTests } from '../conformance/table.ts'

describe('docs/conformance.md', () => {
  it('lists every test of the suite; `node dist/test/conformance/table.js` writes it anew', () => {
    assert.equal(tableOfDocument(), tableOfTests())
  })

  it('docs/conformance.md has every trap of the reference', () => {
    const numbered = (section: number, traps: number): readonly string[] =>
      Array.from({ length: traps }, (_, at) => `18.${section}.${at + 1}`)
    const all = [15, 3, 12, 16, 10].flatMap((traps, at) => numbered(at + 1, traps))

    assert.deepEqual(
      TRAPS.map(({ row }) => row),
      all,
    )
  })
})
