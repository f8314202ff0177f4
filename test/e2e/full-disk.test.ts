import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { SmallDisk } from '../fixtures/small-disk.ts'
import { DaemonProcess } from './daemon-process.ts'

describe('a full disk', { skip: await skipWithoutDocker() }, () => {
  it('refuses changes with a sentence, and calls go on', async (test) => {
    await using disk = await SmallDisk.mountFor(test)
    if (disk === null) return
    await using daemon = await DaemonProcess.start({ SAMPAN_DATA_DIR: join(disk.folder, 'data') })
    const image = await testImage('fn')
    await daemon.deploy({ service: 'before', image })
    assert.equal((await daemon.call('before/id')).status, 200)

    await disk.fill()
    // What the registry has set aside may take a few changes more.
    const refused = await firstRefusal((at) =>
      daemon.api('POST', '/system/functions', {
        service: `late-${at}`,
        image,
        envVars: { PAD: 'x'.repeat(50_000) },
      }),
    )

    assert.equal(refused.status, 503)
    assert.match(await refused.text(), /the disk that holds the registry is full; nothing was changed/)
    assert.equal((await daemon.call('before/id')).status, 200)
    assert.equal((await daemon.api('GET', '/system/functions')).status, 200)
    const secret = { name: 'late', value: 'x'.repeat(100_000) }
    assert.equal((await daemon.api('POST', '/system/secrets', secret)).status, 503)

    await disk.empty()
    await daemon.deploy({ service: 'after', image })
    assert.equal((await daemon.call('after/id')).status, 200)
  })
})

async function firstRefusal(change: (at: number) => Promise<Response>): Promise<Response> {
  for (let at = 0; at < 100; at += 1) {
    const answer = await change(at)
    if (!answer.ok) return answer
    await answer.arrayBuffer()
  }
  return assert.fail('a hundred changes were taken on a full disk')
}
