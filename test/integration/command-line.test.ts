import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'

const PROGRAMS = { daemon: resolve('dist/src/main.js'), sampan: resolve('dist/src/cli/main.js') }

interface Ended {
  readonly status: number | null
  readonly stderr: string
  readonly stdout: string
}

/** Runs a program to its end, with a data folder that stays empty unless a daemon starts. */
async function run(program: string, words: readonly string[], dataDir: string): Promise<Ended> {
  const env = {
    PATH: process.env['PATH'],
    HOME: dataDir,
    SAMPAN_DATA_DIR: dataDir,
    SAMPAN_LISTEN: '127.0.0.1:0',
    SAMPAN_METRICS_LISTEN: '127.0.0.1:0',
    SAMPAN_UI_LISTEN: 'off',
    SAMPAN_ASYNC: 'off',
  }
  const child = spawn(process.execPath, [program, ...words], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (stderr += part))
  const [status] = (await once(child, 'close')) as [number | null]
  return { status, stdout, stderr }
}

describe('words that are no command', () => {
  const cases = [
    [PROGRAMS.daemon, ['doctor']],
    [PROGRAMS.daemon, ['--help']],
    [PROGRAMS.daemon, ['serve', 'now']],
    [PROGRAMS.sampan, ['xyz']],
    [PROGRAMS.sampan, ['version', '--xyz']],
    [PROGRAMS.sampan, ['serve', '--port', '80']],
    [PROGRAMS.sampan, ['-f', 'stack.yaml', 'serve']],
  ] as const
  for (const [program, words] of cases)
    it(`case 24: ${program === PROGRAMS.daemon ? 'main.js' : 'sampan'} ${words.join(' ')} is refused, and no daemon starts`, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'sampan-words-'))
      try {
        const { status, stdout, stderr } = await run(program, words, folder)

        assert.deepEqual([status, stdout], [64, ''], stderr)
        assert.match(stderr, /Usage: sampan|unknown flag/i)
        assert.deepEqual(await readdir(folder), [])
      } finally {
        await rm(folder, { recursive: true })
      }
    })
})
