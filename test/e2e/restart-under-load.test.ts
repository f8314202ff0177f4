import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { SocketHolder } from '../fixtures/socket-holder.ts'
import { DaemonProcess, MAIN } from './daemon-process.ts'
import { Arrivals } from './load.ts'

/** 100 calls a second, and some that take a while, so that each stop has calls under way. */
const EVERY_MS = 10
const LONG_EVERY_MS = 100
const RESTARTS = 2

describe('a daemon whose socket the service manager holds', { skip: await skipWithoutDocker() }, () => {
  it('is restarted under 100 calls a second without a failed call', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sampan-e2e-'))
    try {
      await using daemon = await DaemonProcess.start()
      await daemon.deploy({ service: 'busy', image: await testImage('fn-watchdog') })
      await eventually(async () => (await daemon.call('busy/id')).status === 200, 20_000, 'it answers')
      await daemon.end('SIGTERM')
      const logFile = join(folder, 'log')
      const env = (port: number): NodeJS.ProcessEnv => ({
        ...daemon.environment,
        SAMPAN_LISTEN: `127.0.0.1:${port}`,
      })
      await using holder = await SocketHolder.open([process.execPath, MAIN], env, logFile)

      // The first connection is there before the first daemon.
      const url = `http://127.0.0.1:${holder.port}/function/busy`
      const early = fetch(`${url}/id`)
      await holder.start()
      assert.equal((await early).status, 200)
      const loads = [
        new Arrivals({ url: `${url}/id` }, EVERY_MS, false),
        new Arrivals({ url: `${url}/sleep/400ms` }, LONG_EVERY_MS, false),
      ]
      const calls = (): number => loads.reduce((sum, load) => sum + load.calls, 0)
      try {
        for (let restart = 0; restart < RESTARTS; restart += 1) {
          const before = calls()
          await eventually(() => calls() > before + 50, 60_000, 'calls are answered')
          assert.equal(await holder.stop(), 0)
          await holder.start()
        }
        const before = calls()
        await eventually(() => calls() > before + 50, 60_000, 'calls are answered')
      } finally {
        const results = await Promise.all(loads.map((load) => load.stop()))
        assert.deepEqual(
          results.flatMap(({ failed }) => failed),
          [],
        )
      }
      assert.doesNotMatch(await readFile(logFile, 'utf8'), /"level":"error"/)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('does not start when the socket is at another address than its own setting says', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sampan-e2e-'))
    try {
      const env = (): NodeJS.ProcessEnv => ({
        PATH: process.env['PATH'],
        SAMPAN_DATA_DIR: join(folder, 'data'),
        SAMPAN_LISTEN: '127.0.0.1:1',
        SAMPAN_METRICS_LISTEN: '127.0.0.1:0',
        SAMPAN_ASYNC: 'off',
      })
      await using holder = await SocketHolder.open([process.execPath, MAIN], env, join(folder, 'log'))

      await holder.start()

      assert.equal(await holder.ended(), 1)
      assert.match(
        await readFile(join(folder, 'log'), 'utf8'),
        /listens on 127\.0\.0\.1:\d+, and SAMPAN_LISTEN says 127\.0\.0\.1:1/,
      )
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
