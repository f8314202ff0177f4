import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { eventually } from '../fakes/eventually.ts'
import { deployShell, shell } from './shell-function.ts'

const MEGABYTE = 1024 * 1024

interface Status {
  readonly invocationCount: number
  readonly availableReplicas: number
  readonly usage?: { readonly cpu: number; readonly totalMemoryBytes: number }
}

describe('the resources of a real function', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start()
  })
  after(() => daemon[Symbol.asyncDispose]())

  const status = async (name: string, query = ''): Promise<Status> =>
    (await (await daemon.api('GET', `/system/function/${name}${query}`)).json()) as Status
  const hostConfig = async (name: string): Promise<Record<string, unknown>> => {
    const [id = ''] = await daemon.containersOf(name)
    return JSON.parse(await docker('inspect', '--format', '{{json .HostConfig}}', id)) as Record<
      string,
      unknown
    >
  }

  it('12.4: the resources of a real function show what it uses, and are held to the limit of processors', async () => {
    const limits = { cpu: '300m', memory: '64Mi' }
    await daemon.deploy({ service: 'busy', image: await testImage('fn'), limits })
    assert.equal((await daemon.call('busy/id')).status, 200)
    assert.equal((await hostConfig('busy'))['NanoCpus'], 300_000_000)
    await status('busy', '?usage=1')
    // The figure is the mean since the last question: over 30 periods of the kernel's, one more or less does not show.
    await Promise.all([daemon.call('busy/burn/3s'), daemon.call('busy/burn/3s')])

    const { usage } = await status('busy', '?usage=1')

    // How much of its share it gets depends on who else wants the processors, down to little; without a use it is none.
    assert.ok(usage && usage.cpu > 30 && usage.cpu < 350, `${usage?.cpu} millicores`)
    assert.ok(usage.totalMemoryBytes > MEGABYTE / 2 && usage.totalMemoryBytes < 64 * MEGABYTE)
    assert.equal((await status('busy')).usage, undefined)
  })

  it('12.4: the resources of a real function end a function that takes more memory than it may; it comes back, and the log says why', async () => {
    await daemon.deploy({ service: 'greedy', image: await testImage('fn'), limits: { memory: '32Mi' } })
    assert.equal((await daemon.call('greedy/alloc/1000000')).status, 200)
    assert.equal((await hostConfig('greedy'))['Memory'], 32 * MEGABYTE)
    const before = await daemon.containersOf('greedy')

    assert.equal((await daemon.call(`greedy/alloc/${100 * MEGABYTE}`)).status, 502)

    const again = await daemon.call('greedy/id')
    assert.equal(again.status, 200)
    assert.notDeepEqual(await daemon.containersOf('greedy'), before)
    await eventually(
      async () => {
        const lines = (await daemon.log()).split('\n').filter((line) => line.includes('"greedy'))
        return (
          lines.some((line) => /replica exited/.test(line) && /"oomKilled":true/.test(line)) &&
          lines.some((line) => /replica failed, will retry/.test(line))
        )
      },
      5_000,
      'the log says why',
    )
  })

  it('the resources of a real function count as out of memory although it was its process behind a watchdog (F1t)', async () => {
    const limits = { memory: '32Mi' }
    await daemon.deploy({ service: 'child', image: await testImage('upstream-http'), limits })
    assert.equal((await daemon.call('child/id')).status, 200)
    const died = async (): Promise<number> => {
      const text = await (await fetch(`${daemon.metricsUrl}/metrics`)).text()
      return Number(/^sampan_replica_oom_total\{function_name="child.openfaas-fn"\} (\d+)$/m.exec(text)?.[1])
    }
    assert.equal(await died(), 0)

    const { status: code } = await daemon.call(`child/alloc/${100 * MEGABYTE}`)

    assert.ok([500, 502].includes(code), `${code}`)
    await eventually(async () => (await died()) === 1, 10_000, 'it is counted once')
    assert.equal((await daemon.call('child/id')).status, 200)
    const exited = (await daemon.log()).split('\n').find((line) => /replica exited.*"child/.test(line))
    assert.match(exited ?? '', /"oomKilled":true/)
  })

  it('the resources of a real function hold it to a number of processes', async () => {
    await deployShell(daemon, { service: 'forks', annotations: { 'com.sampan.pids': '30' } })
    assert.equal(await shell(daemon, 'forks', 'echo ready'), 'ready\n')
    assert.equal((await hostConfig('forks'))['PidsLimit'], 30)

    const bomb =
      'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30; do sleep 2 & done'
    const answer = await daemon.call('forks', { method: 'POST', body: `${bomb}; echo all` })

    assert.match(await answer.text(), /can't fork/)
    await eventually(
      async () => {
        return (await shell(daemon, 'forks', 'echo fine')) === 'fine\n'
      },
      10_000,
      'it answers again',
    )
  })

  it('the resources of a real function are a root that it cannot write, and a /tmp that it can', async () => {
    await deployShell(daemon, { service: 'sealed', readOnlyRootFilesystem: true })

    const script =
      'for path in /new /bin/new /etc/new /tmp/new; do echo x > $path && echo wrote $path; done 2>/dev/null; true'

    assert.equal(await shell(daemon, 'sealed', script), 'wrote /tmp/new\n')
    assert.equal((await hostConfig('sealed'))['ReadonlyRootfs'], true)
  })

  it('the resources of a real function count its calls, over a restart of the daemon too', async () => {
    await daemon.deploy({ service: 'counted', image: await testImage('fn') })
    for (let call = 0; call < 5; call += 1) assert.equal((await daemon.call('counted/id')).status, 200)
    assert.equal((await status('counted')).invocationCount, 5)

    await daemon.end('SIGTERM')
    await daemon.launch()
    await daemon.whenHealthy()

    assert.equal((await status('counted')).invocationCount, 5)
    assert.equal((await daemon.call('counted/id')).status, 200)
    assert.equal((await status('counted')).invocationCount, 6)
  })
})
