import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CLI_CASES, testsOfCases } from '../conformance/cli-cases.ts'
import { cliRowsOfDocument } from '../conformance/cli-table.ts'
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

  it('lists tests for every case of the command line; `node dist/test/conformance/cli-table.js` writes it anew', () => {
    const held = testsOfCases()
    const rows = cliRowsOfDocument()

    assert.deepEqual(
      rows.map(({ number }) => number),
      CLI_CASES.map(({ number }) => number),
    )
    for (const { number, files } of rows) {
      const found = held.get(number)?.map(({ file }) => file) ?? []
      // More may have come since.
      assert.deepEqual(
        files.filter((file) => !found.includes(file)),
        [],
        `18.x.${number}`,
      )
      assert.ok(files.length > 0 || PENDING.has(number), `18.x.${number}`)
    }
  })

  it('every case of the command line is named by a test', () => {
    const held = testsOfCases()

    assert.deepEqual(
      CLI_CASES.map(({ number }) => number).filter((number) => !held.has(number) && !PENDING.has(number)),
      [],
    )
    assert.deepEqual(
      [...held.keys()].filter((number) => number < 1 || number > CLI_CASES.length),
      [],
    )
  })
})

/** `up --watch` is not there yet. */
const PENDING: ReadonlySet<number> = new Set([82])
