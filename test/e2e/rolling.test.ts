import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { rollingChanges } from './rolling.ts'

describe('a function with 200 calls a second', { skip: await skipWithoutDocker() }, () => {
  it('lets none of them fail while it is updated, badly updated, rolled back, and scaled up and down', async () => {
    await using daemon = await DaemonProcess.start()

    const { calls, failed } = await rollingChanges(daemon, 'rolling', 1)

    assert.deepEqual(failed.slice(0, 5), [], `${failed.length} of ${calls + failed.length} calls failed`)
  })
})
