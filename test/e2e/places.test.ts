import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

const CALLS = 80

describe('a function that takes two calls at a time', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  before(async () => {
    daemon = await DaemonProcess.start()
  })
  after(() => daemon[Symbol.asyncDispose]())

  async function statuses(service: string): Promise<ReadonlySet<number>> {
    const answers = await Promise.all(
      Array.from({ length: CALLS }, async () => {
        const answer = await daemon.call(`${service}/sleep/20ms`)
        await answer.text()
        return answer.status
      }),
    )
    return new Set(answers)
  }

  it('answers all of many calls where they may wait, and none is turned away by its watchdog', async () => {
    await daemon.deploy({
      service: 'patient',
      image: await testImage('fn-watchdog'),
      envVars: { max_inflight: '2' },
      annotations: { 'com.openfaas.max-wait': '30s' },
    })
    assert.equal((await daemon.call('patient/sleep/1ms')).status, 200)

    for (let round = 0; round < 3; round += 1) assert.deepEqual(await statuses('patient'), new Set([200]))
  })

  it('turns calls away where they may not', async () => {
    await daemon.deploy({
      service: 'strict',
      image: await testImage('fn-watchdog'),
      envVars: { max_inflight: '2' },
    })
    assert.equal((await daemon.call('strict/sleep/1ms')).status, 200)

    assert.deepEqual(await statuses('strict'), new Set([200, 429]))
  })

  it('wakes from nothing for a hundred calls at once, which all are answered', async () => {
    await daemon.deploy({ service: 'sleeper', image: await testImage('fn-watchdog') })
    assert.equal((await daemon.call('sleeper/id')).status, 200)
    await daemon.must('POST', '/system/scale-function/sleeper', { serviceName: 'sleeper', replicas: 0 })

    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => (await daemon.call('sleeper/status/200')).status),
    )

    assert.deepEqual(new Set(answers), new Set([200]))
    assert.equal((await daemon.containersOf('sleeper')).length >= 1, true)
  })

  it('says how it freezes what rests', async () => {
    const info = (await (await daemon.api('GET', '/system/info')).json()) as { freezer?: string }

    assert.match(String(info.freezer), /^(cgroup-v1|cgroup-v2|docker-pause)$/)
  })
})
