import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tableOfDocument, tableOfTests } from '../conformance/table.ts'
import { titledTests } from '../conformance/titles.ts'
import { TRAPS } from '../conformance/traps.ts'

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

  it('each trap has a test that names its row, or a reason why not, never both', () => {
    const held = new Set(titledTests().flatMap(({ rows }) => rows.filter((row) => row.startsWith('18.'))))

    assert.deepEqual(
      held,
      new Set(TRAPS.filter(({ untested }) => untested === undefined).map(({ row }) => row)),
    )
  })
})
