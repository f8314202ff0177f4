import assert from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

/** Twice the promised loss: the machine may be busy. */
const SAVED_WITHIN_MS = 10_000

describe('the count of calls over kills of the daemon', { skip: await skipWithoutDocker() }, () => {
  it('loses what came in the last seconds at most, and counts nothing twice', async () => {
    await using daemon = await DaemonProcess.start()
    await daemon.deploy({ service: 'counted', image: await testImage('fn') })
    const call = async (times: number): Promise<void> => {
      for (let at = 0; at < times; at += 1) assert.equal((await daemon.call('counted/id')).status, 200)
    }
    const count = async (): Promise<number> => {
      const status = (await (await daemon.api('GET', '/system/function/counted')).json()) as Status
      return status.invocationCount ?? 0
    }
    const kill = async (): Promise<void> => {
      await daemon.end('SIGKILL')
      await daemon.launch()
      await daemon.whenHealthy()
    }
    const writtenMs = async (): Promise<number> =>
      (await stat(join(daemon.dataDir, 'registry.db-wal'))).mtimeMs
    let called = 0
    /** Calls, and waits for a save that has them all. */
    const callAndSave = async (): Promise<void> => {
      const beforeMs = await writtenMs()
      await call(5)
      called += 5
      assert.equal(await count(), called)
      // A save in the midst of them has not got them all.
      if ((await writtenMs()) !== beforeMs) return await callAndSave()
      await eventually(async () => (await writtenMs()) !== beforeMs, SAVED_WITHIN_MS, 'the count was saved')
    }

    await callAndSave()
    await kill()
    assert.equal(await count(), called)

    await callAndSave()
    // These are not written yet, or are: no more of them may be missing.
    await call(3)
    await kill()
    const kept = await count()
    assert.ok(kept >= called && kept <= called + 3, `${kept} of ${called + 3}`)

    // Nobody called in this life: a second kill changes nothing.
    await kill()
    assert.equal(await count(), kept)
    await call(1)
    assert.equal(await count(), kept + 1)
  })
})

interface Status {
  readonly invocationCount?: number
}
