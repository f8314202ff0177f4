import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { skipWithoutDocker } from '../fixtures/images.ts'
import type { CrowdReport } from '../fixtures/log-crowd.ts'

const skip = await skipWithoutDocker()
/** A minute for the figure of the specification, less in the daily run. */
const RUN_MS = Number(process.env['LOG_CROWD_MS'] ?? 5_000)
/** On a machine that does other things as well even a quick reader may be told of a gap, but never be left without that word. */
const IS_MEASURED = 'LOG_CROWD_MS' in process.env
const PROGRAM = fileURLToPath(new URL('../fixtures/log-crowd.js', import.meta.url))
/** Nearly all of the growth is V8's young generation: what lives is about 6 MB. */
const MOST_GROWTH_BYTES = 100 * 1024 * 1024

describe('a crowd of 500 followers on one chatty function, a tenth of them stalled', { skip }, () => {
  it('costs little memory, and misses no line without being told', async (test) => {
    const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, String(RUN_MS)])
    const report = JSON.parse(stdout) as CrowdReport

    test.diagnostic(stdout.trim())
    const grown = report.mostBytes - report.beforeBytes
    assert.ok(grown < MOST_GROWTH_BYTES, `grew by ${grown} bytes`)
    assert.equal(report.outOfTurn, 0, 'quick readers got lines out of turn')
    if (IS_MEASURED) assert.equal(report.gaps, 0, 'quick readers were told of lines that were left out')
    assert.ok(report.fewestLines > RUN_MS / 10, `a quick reader got ${report.fewestLines} lines`)
  })
})
