import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { RevisionAnswer } from '../../src/wire/revision-bodies.ts'
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

  async function revisionsOf(name: string): Promise<readonly RevisionAnswer[]> {
    return (await (await daemon.api('GET', `/system/function/${name}/revisions`)).json()) as RevisionAnswer[]
  }

  it('leaves the function in service, says so over the API, and survives the death of what serves (F6t)', async () => {
    const image = await testImage('plain')
    await daemon.deploy({ service: 'shop', image, envProcess: GOOD })
    assert.equal(await (await daemon.call('shop')).text(), 'the first\n')
    await eventually(async () => (await statusOf('shop')).status.state === 'ready')

    const accepted = await daemon.api('PUT', '/system/functions', { service: 'shop', image, ...BROKEN })
    assert.equal(accepted.status, 202)
    await eventually(async () => (await statusOf('shop')).status.state === 'degraded', 20_000)

    const { status, annotations, availableReplicas } = await statusOf('shop')
    const [newest, before] = await revisionsOf('shop')
    assert.match(
      status.reason,
      /^revision \d+ \(.*\) is not in service: it exited with code .*; revision \d+ \(.*\) serves$/,
    )
    assert.equal(annotations['com.sampan.reason'], status.reason)
    // The list of revisions and the log tell the same.
    assert.deepEqual([newest?.state, newest?.reason, before?.state], ['failed', status.reason, 'serving'])
    assert.deepEqual(newest?.changed, ['envProcess', 'envVars.mode', 'envVars.upstream_url'])
    const [line] = (await daemon.log())
      .split('\n')
      .filter((text) => text.includes('"replica failed, will retry"'))
    const { reason, revision, serving } = JSON.parse(line ?? '{}') as Readonly<Record<string, unknown>>
    assert.deepEqual([revision, serving], [newest?.revision, before?.revision])
    assert.ok(status.reason.includes(String(reason)), `${String(reason)} in ${status.reason}`)
    assert.equal(availableReplicas, 1)

    for (const container of await containersOf(daemon.instance)) await removed(container)

    await eventually(async () => (await daemon.call('shop')).status === 200, 30_000)
    assert.equal(await (await daemon.call('shop')).text(), 'the first\n')
  })

  it('is taken back by a rollback, whose status is as the good one was deployed', async () => {
    await daemon.must('POST', '/system/function/shop/rollback')

    await eventually(async () => (await statusOf('shop')).status.state === 'ready', 20_000)
    const events = (await (await daemon.api('GET', '/system/events?name=shop')).json()) as {
      readonly kind: string
      readonly reason: string
    }[]
    const kinds = events.map(({ kind }) => kind)
    const inOrder = ['updated', 'degraded', 'rolled-back', 'serving'].map((kind) => kinds.indexOf(kind))
    assert.ok(
      inOrder.every((at, place) => at > (inOrder[place - 1] ?? -1)),
      kinds.join(),
    )
    assert.match(events[kinds.indexOf('degraded')]?.reason ?? '', /is not in service: it exited with code/)
    assert.equal(await (await daemon.call('shop')).text(), 'the first\n')
    assert.deepEqual((await statusOf('shop')).annotations, {})
    const [newest, failed, first] = await revisionsOf('shop')
    assert.deepEqual([newest?.state, failed?.state, first?.state], ['serving', 'failed', 'good'])
    assert.match(failed?.reason ?? '', /is not in service: it exited with code/)
    const audit = (await daemon.log())
      .split('\n')
      .filter((text) => text.includes('/system/function/rollback'))
    assert.match(audit.join('\n'), /"subject":"shop\.openfaas-fn","status":202/)
    assert.equal((await daemon.api('POST', '/system/function/shop/rollback', { revision: 99 })).status, 400)
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

/** Resolves when somebody has removed it: the daemon buries the dead ones itself. */
async function removed(container: string): Promise<void> {
  try {
    await docker('rm', '-f', container)
  } catch (error) {
    if (!/already in progress|No such container/.test(String(error))) throw error
  }
}
