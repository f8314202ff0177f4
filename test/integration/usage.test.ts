import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { UsageMeter } from '../../src/provider/docker/usage.ts'
import { eventually } from '../fakes/eventually.ts'
import { containersOf } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { LogRig } from '../fixtures/log-rig.ts'

const skip = await skipWithoutDocker()

describe('usage of a real container', { skip }, () => {
  let rig: LogRig
  let busy: string

  before(async () => {
    rig = await LogRig.open('usage')
    busy = await rig.run('while :; do :; done', '--cpus=0.5', '--memory=64m')
  })

  after(async () => {
    await rig.close()
    assert.deepEqual(await containersOf(rig.instance), [])
  })

  const signal = new AbortController().signal

  it('is there at once, from control groups', async () => {
    const meter = new UsageMeter({ engine: rig.engine, clock: systemClock, log: rig.log })
    const startMs = performance.now()

    const { cpuMillicores, memoryBytes } = await meter.usage([busy], signal)

    assert.ok(performance.now() - startMs < 500)
    assert.ok(cpuMillicores > 0 && cpuMillicores < 1_500, `${cpuMillicores} millicores`)
    assert.ok(memoryBytes > 50_000 && memoryBytes < 64 * 1024 * 1024, `${memoryBytes} bytes`)
    await meter.stop()
  })

  it('is there soon, from the engine, where control groups cannot be read', async () => {
    const meter = new UsageMeter({
      engine: rig.engine,
      clock: systemClock,
      log: rig.log,
      cgroupRoot: '/nowhere',
    })
    const startMs = performance.now()
    await meter.usage([busy], signal)
    assert.ok(performance.now() - startMs < 500)

    await eventually(async () => {
      const { cpuMillicores, memoryBytes } = await meter.usage([busy], signal)
      return cpuMillicores > 0 && cpuMillicores < 1_500 && memoryBytes > 50_000
    })
    await meter.stop()
  })
})
