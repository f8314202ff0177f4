import { readFileSync, writeFileSync } from 'node:fs'
import { CLI_CASES, testsOfCases } from './cli-cases.ts'

// The table "case of the command line, tests" in docs/conformance.md, made from the titles of tests. Written anew by
// `node dist/test/conformance/cli-table.js`; a unit test looks that it is true.

const DOCUMENT = 'docs/conformance.md'
const BEGIN = '<!-- cli:begin -->'
const END = '<!-- cli:end -->'

/** The table as the tests have it now. */
function cliTableOfTests(): string {
  const tests = testsOfCases()
  const lines = CLI_CASES.map(({ number, section, claim }) => {
    const held = tests.get(number) ?? []
    const files = [...new Set(held.map(({ file }) => `\`${file}\``))]
    return `| 18.${section}.${number} | ${claim} | ${files.join(', ')} |`
  })
  return ['| case | what is done | tests |', '|---|---|---|', ...lines].join('\n')
}

/** The table as the document has it. */
export function cliRowsOfDocument(): readonly {
  readonly number: number
  readonly files: readonly string[]
}[] {
  const text = readFileSync(DOCUMENT, 'utf8')
  const rows = text
    .slice(text.indexOf(BEGIN), text.indexOf(END))
    .matchAll(/^\| 18\.\d\.(\d+) \|.*\|([^|]*)\|$/gm)
  return [...rows].map(([, number, cell = '']) => ({
    number: Number(number),
    files: [...cell.matchAll(/`([^`]+)`/g)].map(([, file = '']) => file),
  }))
}

function write(): void {
  const text = readFileSync(DOCUMENT, 'utf8')
  const head = text.slice(0, text.indexOf(BEGIN) + BEGIN.length)
  writeFileSync(DOCUMENT, `${head}\n${cliTableOfTests()}\n${text.slice(text.indexOf(END))}`)
}

if (process.argv[1] === import.meta.filename) write()
