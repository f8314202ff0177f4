import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { whenAvailable } from './available.ts'
import { DaemonProcess } from './daemon-process.ts'

// Cases of scaling that need no window of time to pass, by the built daemon as it is set up by itself.

interface Status {
  readonly name: string
  readonly replicas: number
  readonly invocationCount: number
}

describe('scaling by hand, by alerts and by calls', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  let image: string
  before(async () => {
    image = await testImage('fn')
    daemon = await DaemonProcess.start()
  })
  after(() => daemon[Symbol.asyncDispose]())

  const statusOf = async (name: string): Promise<Status> =>
    (await (await daemon.api('GET', `/system/function/${name}`)).json()) as Status
  const scale = (name: string, replicas: number): Promise<Response> =>
    daemon.api('POST', `/system/scale-function/${name}`, { serviceName: name, replicas })

  it('a factor of 0 leaves a function callable, and alerts change nothing (S5)', async () => {
    const labels = { 'com.openfaas.scale.factor': '0', 'com.openfaas.scale.max': '5' }
    await daemon.deploy({ service: 'off', image, labels })
    assert.equal((await daemon.call('off/id')).status, 200)

    const alerts = [{ status: 'firing', labels: { alertname: 'a', function_name: 'off' } }]
    await daemon.must('POST', '/system/alert', { alerts })

    assert.equal((await statusOf('off')).replicas, 1)
    assert.equal((await daemon.call('off/id')).status, 200)
    await daemon.remove('off')
  })

  it('a function whose image exits at its start fails its calls with 503, the exit code and a time (S21)', async () => {
    await daemon.deploy({
      service: 'exits',
      image: await testImage('plain'),
      envProcess: 'sh -c "exit 3"',
      envVars: { mode: 'http', upstream_url: 'http://127.0.0.1:9' },
    })

    const answer = await daemon.call('exits')

    assert.equal(answer.status, 503)
    assert.match(await answer.text(), /it exited with code \d+/)
    assert.ok(Number(answer.headers.get('retry-after')) > 0)
    assert.ok(answer.headers.get('x-openfaas-internal'))
    await daemon.remove('exits')
  })

  it('0 replicas by hand are accepted, there at once, and end with the next call (S22)', async () => {
    await daemon.deploy({ service: 'hand', image })
    await whenAvailable(daemon, 'hand', 1)

    assert.equal((await scale('hand', 0)).status, 202)
    assert.equal((await statusOf('hand')).replicas, 0)
    await eventually(async () => (await daemon.containersOf('hand')).length === 0, 20_000)

    assert.equal((await daemon.call('hand/id')).status, 200)
    assert.equal((await statusOf('hand')).replicas, 1)
    await daemon.remove('hand')
  })

  it('fewer replicas cut off no call that runs, on whichever of them (S24)', async () => {
    await daemon.deploy({ service: 'long', image })
    await scale('long', 3)
    await whenAvailable(daemon, 'long', 3)
    const calls = Array.from({ length: 9 }, () => daemon.call('long/sleep/3s'))
    const inFlight = async (): Promise<boolean> =>
      /gateway_function_invocation_inflight\{function_name="long.openfaas-fn"\} 9/.test(
        await (await fetch(`${daemon.metricsUrl}/metrics`)).text(),
      )
    await eventually(inFlight, 10_000, 'all of them run')

    await scale('long', 1)

    const answers = await Promise.all(calls)
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
    await eventually(async () => (await daemon.containersOf('long')).length === 1, 40_000)
    await daemon.remove('long')
  })

  it('metrics count calls by status, those that began, and none that runs when all have ended (M1)', async () => {
    await daemon.deploy({ service: 'measured', image })
    for (const code of [200, 200, 200, 500])
      assert.equal((await daemon.call(`measured/status/${code}`)).status, code)

    const text = await (await fetch(`${daemon.metricsUrl}/metrics`)).text()

    const fn = 'function_name="measured.openfaas-fn"'
    for (const line of [
      `gateway_function_invocation_total{${fn},code="200"} 3`,
      `gateway_function_invocation_total{${fn},code="500"} 1`,
      `gateway_function_invocation_started{${fn}} 4`,
      `gateway_function_invocation_inflight{${fn}} 0`,
    ])
      assert.ok(text.split('\n').includes(line), line)
    await daemon.remove('measured')
  })

  it('a list has the counts of calls, without any Prometheus (S26)', async () => {
    await daemon.deploy({ service: 'counted', image })
    for (let call = 0; call < 3; call += 1) assert.equal((await daemon.call('counted/id')).status, 200)

    const answer = await daemon.api('GET', '/system/functions')

    assert.equal(answer.status, 200)
    const counted = ((await answer.json()) as Status[]).find(({ name }) => name === 'counted')
    assert.deepEqual([counted?.invocationCount, counted?.replicas], [3, 1])
    await daemon.remove('counted')
  })
})
