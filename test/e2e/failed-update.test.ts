import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { containersOf, docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

interface Status {
  readonly image: string
  readonly availableReplicas: number
  readonly annotations: Readonly<Record<string, string>>
  readonly status: {
    readonly state: string
    readonly reason: string
    readonly lastWords: readonly string[]
    readonly serving: { readonly image: string } | null
  }
}

const GOOD = 'echo the first'
const BROKEN = {
  envProcess: '/nowhere --flag',
  envVars: { mode: 'http', upstream_url: 'http://127.0.0.1:9' },
}

describe('an update that cannot run', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start()
  })
  after(() => daemon[Symbol.asyncDispose]())

  async function statusOf(name: string): Promise<Status> {
    return (await (await daemon.api('GET', `/system/function/${name}`)).json()) as Status
  }

  it('leaves the function in service, says so over the API, and survives the death of what serves', async () => {
    const image = await testImage('plain')
    await daemon.deploy({ service: 'shop', image, envProcess: GOOD })
    assert.equal(await (await daemon.call('shop')).text(), 'the first\n')
    await eventually(async () => (await statusOf('shop')).status.state === 'ready')

    const accepted = await daemon.api('PUT', '/system/functions', { service: 'shop', image, ...BROKEN })
    assert.equal(accepted.status, 202)
    await eventually(async () => (await statusOf('shop')).status.state === 'degraded', 20_000)

    const { status, annotations, availableReplicas } = await statusOf('shop')
    assert.match(
      status.reason,
      /^revision \d+ \(.*\) is not in service: it exited with code .*; revision \d+ \(.*\) serves$/,
    )
    assert.equal(annotations['com.sampan.reason'], status.reason)
    assert.equal(availableReplicas, 1)

    const containers = await containersOf(daemon.instance)
    await docker('rm', '-f', ...containers)

    await eventually(async () => (await daemon.call('shop')).status === 200, 30_000)
    assert.equal(await (await daemon.call('shop')).text(), 'the first\n')
  })

  it('leaves the function in service also when the watchdog alone could start', async () => {
    const image = await testImage('plain')
    await daemon.deploy({ service: 'office', image, envProcess: GOOD })
    await eventually(async () => (await statusOf('office')).status.state === 'ready')

    await daemon.must('PUT', '/system/functions', { service: 'office', image, envProcess: 'ehco the second' })
    await eventually(async () => (await statusOf('office')).status.lastWords.length > 0, 20_000)

    const { status } = await statusOf('office')
    assert.equal(status.state, 'degraded')
    assert.match(status.lastWords.join('\n'), /fprocess: exec: "ehco": executable file not found in \$PATH/)
    assert.equal(await (await daemon.call('office')).text(), 'the first\n')
  })

  it('is over with the next update that runs, whose status is as it was deployed', async () => {
    const image = await testImage('plain')
    await daemon.api('PUT', '/system/functions', { service: 'shop', image, envProcess: 'echo the third' })

    await eventually(async () => (await (await daemon.call('shop')).text()) === 'the third\n', 20_000)
    await eventually(async () => (await statusOf('shop')).status.state === 'ready')

    assert.deepEqual((await statusOf('shop')).annotations, {})
  })
})
