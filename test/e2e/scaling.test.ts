import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { Load } from './load.ts'

// Scaling by load and by idleness, by the built daemon on the real engine, with the shortest durations that labels allow.

interface Status {
  readonly replicas: number
  readonly availableReplicas: number
  readonly status: { readonly state: string }
}

interface Told {
  readonly kind: string
  readonly from: number
  readonly to: number
  readonly reason: string
}

const SCALE = 'com.openfaas.scale'

async function statusOf(daemon: DaemonProcess, name: string): Promise<Status> {
  return (await (await daemon.api('GET', `/system/function/${name}`)).json()) as Status
}

/** What was decided about its scaling; not how it did. */
async function eventsOf(daemon: DaemonProcess, name: string): Promise<readonly Told[]> {
  const told = (await (await daemon.api('GET', `/system/events?name=${name}`)).json()) as Told[]
  return told.filter(({ kind }) => !['serving', 'degraded', 'failing', 'recovered'].includes(kind))
}

/** What the engine did with a container since it was made, of these kinds. */
async function happened(container: string, kinds: readonly string[]): Promise<readonly string[]> {
  const filters = [`container=${container}`, ...kinds.map((kind) => `event=${kind}`)]
  const filter = filters.flatMap((one) => ['--filter', one])
  const made = await docker('inspect', '-f', '{{.Created}}', container)
  const now = new Date().toISOString()
  const told = await docker('events', '--since', made, '--until', now, '--format', '{{.Action}}', ...filter)
  return told.split('\n').filter(Boolean)
}

// Each waits for windows of time most of the while, with a daemon of its own: all at once take as long as the longest.
describe('scaling on the real engine', { skip: await skipWithoutDocker(), concurrency: true }, () => {
  it('calls at a time raise the replicas, which fall back when they end; a static function stays (S11)', async () => {
    await using daemon = await DaemonProcess.start()
    const image = await testImage('fn')
    const labels = {
      [`${SCALE}.type`]: 'capacity',
      [`${SCALE}.target`]: '2',
      [`${SCALE}.target-proportion`]: '1',
      [`${SCALE}.max`]: '3',
      [`${SCALE}.down.window`]: '0',
    }
    await daemon.deploy({ service: 'busy', image, labels })
    await daemon.deploy({
      service: 'fixed',
      image,
      labels: { ...labels, [`${SCALE}.min`]: '2', [`${SCALE}.max`]: '2' },
    })
    const stream = await fetch(`${daemon.url}/system/events`, {
      headers: { authorization: await daemon.authorization(), accept: 'text/event-stream' },
    })
    const followed = (stream.body ?? assert.fail('no body')).pipeThrough(new TextDecoderStream()).getReader()
    const loads = ['busy', 'fixed'].map((name) => new Load(`${daemon.url}/function/${name}/sleep/100ms`, 8))

    await eventually(
      async () => (await statusOf(daemon, 'busy')).availableReplicas === 3,
      40_000,
      'three replicas are ready',
    )
    assert.equal((await statusOf(daemon, 'fixed')).replicas, 2)
    for (const load of loads) assert.deepEqual((await load.stop()).failed, [])
    assert.match((await followed.read()).value ?? '', /^id: 1\nevent: scaled\ndata: \{.*"name":"busy"/)

    await eventually(
      async () => (await statusOf(daemon, 'busy')).replicas === 1,
      120_000,
      'one replica is wanted again',
    )
    const told = await eventsOf(daemon, 'busy')
    assert.deepEqual(
      told.map(({ kind, from, to }) => [kind, from, to]),
      [
        ['scaled', 1, 2],
        ['scaled', 2, 3],
        ['scaled', 3, 1],
      ],
    )
    assert.match(told[0]?.reason ?? '', /calls at a time, target 2 each, 1 ready: 3 recommended/)
    assert.deepEqual(await eventsOf(daemon, 'fixed'), [])
    await followed.cancel()
  })

  it('an idle function goes to zero, and the first calls wake it, none of which fails (S13, S14, S15)', async () => {
    await using daemon = await DaemonProcess.start({ SAMPAN_REMOVE_AFTER: '10s', SAMPAN_FREEZER: 'docker' })
    const labels = { [`${SCALE}.zero`]: 'true', [`${SCALE}.zero-duration`]: '10s' }
    await daemon.deploy({ service: 'idle', image: await testImage('fn'), labels })
    assert.equal((await daemon.call('idle/id')).status, 200)
    const [container = ''] = await daemon.containersOf('idle')

    const atZero = async (): Promise<boolean> => {
      const { replicas, availableReplicas, status } = await statusOf(daemon, 'idle')
      return replicas === 0 && availableReplicas === 0 && status.state === 'sleeping'
    }
    await eventually(atZero, 30_000, 'it is shown with no replica')
    assert.equal(await docker('inspect', '-f', '{{.State.Status}}', container), 'paused')

    const callMany = async (): Promise<void> => {
      const answers = await Promise.all(Array.from({ length: 50 }, () => daemon.call('idle/id')))
      assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    }
    await callMany()
    // One thaw for all of them.
    assert.equal((await happened(container, ['unpause'])).length, 1)
    const awake = await statusOf(daemon, 'idle')
    assert.deepEqual([awake.replicas, awake.availableReplicas, awake.status.state], [1, 1, 'ready'])
    assert.deepEqual(await daemon.containersOf('idle'), [container])

    await eventually(
      async () => (await daemon.containersOf('idle')).length === 0,
      60_000,
      'its container was removed',
    )
    assert.ok(await atZero())
    await callMany()
    const told = (await eventsOf(daemon, 'idle')).map(({ kind }) => kind)
    assert.deepEqual(told, ['rested', 'woken', 'rested', 'removed', 'woken'])
  })

  it('an idle function whose labels say stop has its container removed, and 50 first calls start one (S16)', async () => {
    await using daemon = await DaemonProcess.start()
    const labels = {
      [`${SCALE}.zero`]: 'true',
      [`${SCALE}.zero-duration`]: '10s',
      [`${SCALE}.zero-mode`]: 'stop',
    }
    await daemon.deploy({ service: 'gone', image: await testImage('fn'), labels })
    assert.equal((await daemon.call('gone/id')).status, 200)
    await eventually(async () => (await daemon.containers()).length === 0, 40_000, 'its container is removed')
    const { replicas, availableReplicas, status } = await statusOf(daemon, 'gone')
    assert.deepEqual([replicas, availableReplicas, status.state], [0, 0, 'sleeping'])

    const answers = await Promise.all(Array.from({ length: 50 }, () => daemon.call('gone/id')))

    assert.deepEqual(new Set(answers.map(({ status: code }) => code)), new Set([200]))
    // One container for all of them.
    assert.equal(new Set(await Promise.all(answers.map((answer) => answer.text()))).size, 1)
    assert.equal((await daemon.containers()).length, 1)
    assert.deepEqual(
      (await eventsOf(daemon, 'gone')).map(({ kind }) => kind),
      ['removed', 'woken'],
    )
  })

  it('asynchronous calls that wait raise the replicas, and keep the function awake', async () => {
    await using daemon = await DaemonProcess.start({ SAMPAN_ASYNC: 'on' })
    const labels = {
      [`${SCALE}.type`]: 'queue',
      [`${SCALE}.target`]: '4',
      [`${SCALE}.target-proportion`]: '1',
      [`${SCALE}.max`]: '2',
      [`${SCALE}.down.window`]: '0',
      [`${SCALE}.zero`]: 'true',
      [`${SCALE}.zero-duration`]: '10s',
    }
    const limit = { 'com.openfaas.queue.concurrency': '1' }
    await daemon.deploy({ service: 'jobs', image: await testImage('fn'), labels, annotations: limit })
    const accept = async (headers: Readonly<Record<string, string>> = {}): Promise<number> =>
      (await fetch(`${daemon.url}/async-function/jobs/sleep/2s`, { method: 'POST', body: 'x', headers }))
        .status
    await eventually(async () => (await accept()) === 202, 20_000, 'the queue takes calls')
    // That one keeps nothing awake.
    assert.equal(await accept({ 'x-async-delay': '1h' }), 202)
    for (let call = 0; call < 9; call += 1) assert.equal(await accept(), 202)

    await eventually(
      async () => (await statusOf(daemon, 'jobs')).availableReplicas === 2,
      30_000,
      'two replicas are ready',
    )
    await eventually(async () => (await statusOf(daemon, 'jobs')).replicas === 0, 90_000, 'it is at zero')
    const told = await eventsOf(daemon, 'jobs')
    assert.deepEqual(
      told.map(({ kind, from, to }) => [kind, from, to]),
      [
        ['scaled', 1, 2],
        ['scaled', 2, 1],
        ['rested', 1, 1],
      ],
    )
  })

  it('a call that runs longer than the duration of idleness keeps it awake, and so does a WebSocket (S17, S18)', async () => {
    await using daemon = await DaemonProcess.start()
    const labels = { [`${SCALE}.zero`]: 'true', [`${SCALE}.zero-duration`]: '10s' }
    for (const service of ['slow', 'chat'])
      await daemon.deploy({ service, image: await testImage('fn'), labels })
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' }
    const request = get(`${daemon.url}/function/chat/ws`, { headers })
    const [, socket] = (await once(request, 'upgrade')) as [unknown, Socket]
    socket.on('error', () => undefined)

    const answer = await daemon.call('slow/sleep/14s')

    assert.equal(answer.status, 200)
    assert.match(await answer.text(), /^slept/)
    for (const name of ['slow', 'chat']) assert.deepEqual(await eventsOf(daemon, name), [])
    socket.destroy()
    await eventually(
      async () => (await statusOf(daemon, 'chat')).replicas === 0,
      30_000,
      'it rests without the WebSocket',
    )
  })
})
