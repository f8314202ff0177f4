import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

describe('a daemon whose paths the engine does not see', { skip: await skipWithoutDocker() }, () => {
  it('case 40: names the path and the setting in the 503 of a call and in the state of the function', async () => {
    const watchdogDir = '/in-another-container/watchdog'
    await using daemon = await DaemonProcess.start({ SAMPAN_WATCHDOG_DIR: watchdogDir })
    await daemon.deploy({ service: 'unseen', image: await testImage('fn'), envProcess: 'cat' })

    const answer = await daemon.call('unseen')
    const text = await answer.text()

    assert.equal(answer.status, 503)
    assert.match(text, /bind source path does not exist: \/in-another-container\/watchdog\/fwatchdog-\w+/)
    assert.match(
      text,
      /SAMPAN_WATCHDOG_DIR must be a folder that the daemon and the engine see at the same path/,
    )
    await eventually(
      async () => {
        const described = await daemon.api('GET', '/system/function/unseen')
        return (await described.text()).includes('SAMPAN_WATCHDOG_DIR')
      },
      20_000,
      'the state says it, too',
    )
  })
})
