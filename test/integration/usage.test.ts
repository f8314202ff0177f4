import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { UsageMeter } from '../../src/provider/docker/usage/usage.ts'
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

  it('comes from control groups, without a word of the engine', async () => {
    const engine = { containerUsage: () => Promise.reject(new Error('nobody should ask')) }
    const meter = new UsageMeter({ engine, clock: systemClock, log: rig.log })

    const { cpuMillicores, memoryBytes } = await meter.usage([busy], signal)

    assert.ok(cpuMillicores > 0 && cpuMillicores < 1_500, `${cpuMillicores} millicores`)
    assert.ok(memoryBytes > 50_000 && memoryBytes < 64 * 1024 * 1024, `${memoryBytes} bytes`)
    await meter.stop()
  })

  it('comes from the engine, which the first answer does not wait for, where control groups cannot be read', async () => {
    const meter = new UsageMeter({
      engine: rig.engine,
      clock: systemClock,
      log: rig.log,
      cgroupRoot: '/nowhere',
    })
    // The engine measures for a second at the least.
    assert.deepEqual(await meter.usage([busy], signal), { cpuMillicores: 0, memoryBytes: 0 })

    await eventually(async () => {
      const { cpuMillicores, memoryBytes } = await meter.usage([busy], signal)
      return cpuMillicores > 0 && cpuMillicores < 1_500 && memoryBytes > 50_000
    })
    await meter.stop()
  })
})
