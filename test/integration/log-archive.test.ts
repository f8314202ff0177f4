import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { systemClock } from '../../src/clock.ts'
import { MOST_REPLICA_BYTES, NewestLines } from '../../src/logs/archive-file.ts'
import { LogArchive, type LogToKeep } from '../../src/logs/archive.ts'
import { at } from '../fakes/fake-log-engine.ts'
import { figlet } from '../fakes/log-bench.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const run = promisify(execFile)
const skip = process.getuid?.() === 0 ? false : 'SKIPPED: only root can mount a small disk'

function log(count: number): LogToKeep {
  const lines = new NewestLines(MOST_REPLICA_BYTES)
  for (let number = 0; number < count; number += 1)
    lines.push([{ timestamp: at(number % 60), instance: 'x', text: 'x'.repeat(1_000) }])
  return { lines, isWhole: true }
}

describe('the log archive on a full disk', { skip }, () => {
  it('warns, leaves no half file, and works again when there is room', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'full-disk-'))
    await run('mount', ['-t', 'tmpfs', '-o', 'size=128k', 'tmpfs', dir])
    try {
      const recorded = new RecordingLog()
      const archive = new LogArchive({ dir: join(dir, 'logs'), clock: systemClock, log: recorded })

      assert.equal(await archive.save(figlet, 'big', log(500)), false)
      assert.equal(await archive.save(figlet, 'small', log(5)), true)

      assert.equal(recorded.messages('warn').length, 1)
      assert.deepEqual(await readdir(join(dir, 'logs/openfaas-fn/figlet')), ['small.ndjson'])
    } finally {
      await run('umount', [dir])
      await rm(dir, { recursive: true })
    }
  })
})
