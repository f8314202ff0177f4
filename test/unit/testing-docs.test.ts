import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'

/** Programs and scripts that read settings of tests. */
const FOLDERS = ['test', 'bench', 'watchdog', 'scripts', '.ci']
const READS = [/process\.env\['(\w+)'\]/g, /env\['(SAMPAN_CONFORMANCE_\w+)'\]/g, /os\.Getenv\("([A-Z_]+)"\)/g]
/** Where a row of a table begins with a variable, or with several. */
const LISTED = /^\| ((?:`[A-Z_]+`(?:, )?)+) \|/gm

/** Not settings of tests: the path, the engine that Docker's client asks, too, what tests set for their own children, and what scripts hand to the watchdog's suite. */
const OTHERS = /^(?:PATH|DOCKER_HOST|A|GOGC|GOMAXPROCS|(?:FN|FWATCHDOG|WATCHDOG|BENCH|CONFORMANCE)_\w+)$/

describe('docs/testing.md', () => {
  it('docs/testing.md and conformance.md list every setting that a test reads, and none that nobody reads', () => {
    const sources = FOLDERS.flatMap((folder) => textsBelow(folder))
    const read = sources.flatMap((text) => READS.flatMap((form) => names(text, form)))
    const pages = ['docs/testing.md', 'docs/conformance.md'].map((page) => readFileSync(page, 'utf8'))
    const listed = pages.flatMap((page) =>
      [...page.matchAll(LISTED)].flatMap(([, cell = '']) => names(cell, /`(\w+)`/g)),
    )

    const missing = new Set(read.filter((name) => !OTHERS.test(name) && !listed.includes(name)))
    const stale = listed.filter((name) => !sources.some((text) => text.includes(name)))

    assert.deepEqual([...missing], [])
    assert.deepEqual(stale, [])
  })
})

function names(text: string, form: RegExp): readonly string[] {
  return [...text.matchAll(form)].map(([, name]) => name ?? '')
}

/** This file names what it looks for and is no source. */
function textsBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /^run$|\.(?:ts|go|sh)$/.test(entry.name))
    .filter((entry) => entry.name !== 'testing-docs.test.ts')
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8'))
}
