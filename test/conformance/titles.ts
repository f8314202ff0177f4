import { readdirSync, readFileSync } from 'node:fs'

// A test that holds a row of the wire reference has it in its title: `6.3, 18.1.1: an update of an unknown function is 404`. The row `ours` is what
// only we promise; a test of the suite without a row holds that one.

/** A test by its title in the source, and the rows that it holds. */
export interface TitledTest {
  /** Below `test/`. */
  readonly file: string
  readonly rows: readonly string[]
  readonly claim: string
}

const SUITE = 'conformance'
const FOLDERS = [SUITE, 'contract', 'unit', 'integration', 'e2e']
const TITLE = /\bit\(\s*(['"`])((?:\\.|(?!\1).)+)\1/g
const ROW = String.raw`(?:ours|\d+(?:\.\d+)*)`
const ROWS = new RegExp(`^${ROW}(?:, ${ROW})*(?=: )`)

/** Every test of the suite, and those outside of it that say what they hold. */
export function titledTests(): readonly TitledTest[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(`test/${folder}`)
      // Those of the command line have the rows of another reference in their titles.
      .filter((name) => name.endsWith('.test.ts') && !name.startsWith('cli-'))
      .toSorted()
      .flatMap((name) => testsOf(`${folder}/${name}`)),
  )
}

function testsOf(file: string): readonly TitledTest[] {
  const titles = [...readFileSync(`test/${file}`, 'utf8').matchAll(TITLE)].map(([, , title]) => title ?? '')
  return titles.flatMap((title) => {
    const said = ROWS.exec(title)?.[0]
    if (said !== undefined) return [{ file, rows: said.split(', '), claim: title.slice(said.length + 2) }]
    return file.startsWith(SUITE) ? [{ file, rows: ['ours'], claim: title }] : []
  })
}
