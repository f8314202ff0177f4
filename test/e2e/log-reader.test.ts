import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, it } from 'node:test'

/** Starts a daemon that has no engine; answers when the gateway listens. */
async function startWithoutEngine(dataDir: string) {
  const daemon = spawn(process.execPath, [resolve(import.meta.dirname, '../../src/main.js')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env['PATH'],
      SAMPAN_LISTEN: '127.0.0.1:0',
      SAMPAN_METRICS_LISTEN: '127.0.0.1:0',
      SAMPAN_UI_LISTEN: 'off',
      SAMPAN_DATA_DIR: dataDir,
      SAMPAN_DOCKER_HOST: `unix://${dataDir}/no-engine.sock`,
      SAMPAN_FUNCTION_PORT: '0',
    },
  })
  for await (const text of createInterface(daemon.stdout)) {
    const line = JSON.parse(text) as { readonly msg: string; readonly port: number }
    if (line.msg === 'gateway listening') return { daemon, url: `http://127.0.0.1:${line.port}` }
  }
  throw new Error('the daemon ended')
}

describe('a daemon whose log nobody reads any more', () => {
  it('serves on and stops well', { timeout: 30_000 }, async (t) => {
    const dataDir = await mkdtemp(join(tmpdir(), 'sampan-log-reader-'))
    const { daemon, url } = await startWithoutEngine(dataDir)
    t.after(() => daemon.kill('SIGKILL'))
    daemon.stdout.destroy()

    // Each of these is a line of the log: the audit.
    for (let request = 0; request < 5; request += 1) {
      assert.equal((await fetch(`${url}/system/functions`, { method: 'POST' })).status, 401)
    }
    daemon.kill('SIGTERM')
    const [status] = (await once(daemon, 'exit')) as [number | null]
    await rm(dataDir, { recursive: true })

    assert.equal(status, 0)
  })
})
