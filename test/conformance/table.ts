import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { testsElsewhere, traps, type Row } from './tested-elsewhere.ts'

// The table "row of the wire reference, test" in docs/conformance.md. Written anew by
// `node dist/test/conformance/table.js`; a unit test holds the two together.

const FOLDER = 'test/conformance'
const DOCUMENT = 'docs/conformance.md'
const BEGIN = '<!-- api:begin -->'
const END = '<!-- api:end -->'

/** The table as the tests have it now. */
export function tableOfTests(): string {
  const own = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => rowsOf(file))
  const rows = [...own, ...testsElsewhere(), ...traps()].toSorted((a, b) =>
    a.row.localeCompare(b.row, 'en', { numeric: true }),
  )
  const lines = rows.map(({ row, claim, held }) => `| ${row} | ${claim} | ${holders(held)} |`)
  return ['| row | what is asserted | test |', '|---|---|---|', ...lines].join('\n')
}

/** The table as the document has it. */
export function tableOfDocument(): string {
  const text = readFileSync(DOCUMENT, 'utf8')
  return text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)).trim()
}

/** Tests are named `ROW: claim`. */
function rowsOf(file: string): readonly Row[] {
  const source = readFileSync(`${FOLDER}/${file}`, 'utf8')
  return [...source.matchAll(/\bit\(\s*(['`])(?:([\d.]+(?: and [\d.]+)?): )?(.+?)\1/g)].map(
    ([, , row, claim]) => ({
      row: row ?? 'ours',
      claim: (claim ?? '').replaceAll('|', '\\|').replace('${kind}', 'value or rawValue'),
      held: [file],
    }),
  )
}

function holders(held: Row['held']): string {
  return typeof held === 'string' ? held : held.map((file) => `\`${file}\``).join(', ')
}

function write(): void {
  const text = readFileSync(DOCUMENT, 'utf8')
  const head = text.slice(0, text.indexOf(BEGIN) + BEGIN.length)
  writeFileSync(DOCUMENT, `${head}\n${tableOfTests()}\n${text.slice(text.indexOf(END))}`)
}

if (process.argv[1] === import.meta.filename) write()
