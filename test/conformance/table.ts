import { readFileSync, writeFileSync } from 'node:fs'
import { titledTests, type TitledTest } from './titles.ts'
import { TRAPS, type Trap } from './traps.ts'

// The table "row of the wire reference, test" in docs/conformance.md, made from the titles of tests. Written anew by
// `node dist/test/conformance/table.js`; a unit test holds the two together.

const DOCUMENT = 'docs/conformance.md'
const BEGIN = '<!-- api:begin -->'
const END = '<!-- api:end -->'
const TRAPS_SECTION = '18.'

interface Row {
  readonly row: string
  readonly claim: string
  /** Files, or why there is nothing to test. */
  readonly held: string
}

/** The table as the tests have it now. */
export function tableOfTests(): string {
  const tests = titledTests()
  const rows = [...tests.flatMap(rowsOf), ...TRAPS.map((trap) => rowOfTrap(trap, tests))].toSorted((a, b) =>
    a.row.localeCompare(b.row, 'en', { numeric: true }),
  )
  const lines = rows.map(({ row, claim, held }) => `| ${row} | ${claim} | ${held} |`)
  return ['| row | what is asserted | test |', '|---|---|---|', ...lines].join('\n')
}

/** The table as the document has it. */
export function tableOfDocument(): string {
  const text = readFileSync(DOCUMENT, 'utf8')
  return text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)).trim()
}

/** One for each row that is no trap. */
function rowsOf({ rows, claim, file }: TitledTest): readonly Row[] {
  const text = claim
    .replaceAll('|', '\\|')
    .replace('${kind}', 'value or rawValue')
    .replace(/ \([^()]*\$\{.*\)$/, '')
  return rows
    .filter((row) => !row.startsWith(TRAPS_SECTION))
    .map((row) => ({ row, claim: text, held: named(file) }))
}

function rowOfTrap({ row, trap, untested }: Trap, tests: readonly TitledTest[]): Row {
  const files = new Set(tests.filter(({ rows }) => rows.includes(row)).map(({ file }) => named(file)))
  return { row, claim: `trap: ${trap}`, held: untested ?? [...files].join(', ') }
}

/** As seen from this folder. */
function named(file: string): string {
  return file.startsWith('conformance/') ? `\`${file.slice('conformance/'.length)}\`` : `\`../${file}\``
}

function write(): void {
  const text = readFileSync(DOCUMENT, 'utf8')
  const head = text.slice(0, text.indexOf(BEGIN) + BEGIN.length)
  writeFileSync(DOCUMENT, `${head}\n${tableOfTests()}\n${text.slice(text.indexOf(END))}`)
}

if (process.argv[1] === import.meta.filename) write()
