import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError } from '../../src/core/errors.ts'
import { eventually } from '../fakes/eventually.ts'
import { DRAIN_MS, RetirementRig } from '../fakes/retirement-rig.ts'
import { identityOf } from '../fixtures/deployed.ts'

describe('the retirement of a running replica', () => {
  it('takes it out of service at once, then drains, stops, keeps its log and removes it', async () => {
    const rig = new RetirementRig()
    rig.add('a')
    rig.hold('drain', 'stop', 'keep', 'remove')

    rig.retirement.begin('a', 'surplus')
    assert.deepEqual(rig.ready, [['a'], []])
    assert.equal(rig.table.get('a')?.replica.state, 'draining')
    for (const step of ['drain', 'stop', 'keep', 'remove'] as const) {
      await rig.reached(`${step} a`)
      assert.equal(rig.steps.at(-1), `${step} a`)
      assert.deepEqual(rig.gone, [])
      rig.letGo(step)
    }
    await eventually(() => rig.gone.length === 1)

    assert.deepEqual(rig.steps, ['drain a', 'stop a', 'keep a', 'remove a'])
    assert.equal(rig.table.get('a'), undefined)
    assert.deepEqual(rig.log.messages('info'), ['replica removed'])
    assert.equal(rig.log.named('replica removed')[0]?.fields['reason'], 'fewer replicas are wanted')
    assert.equal(rig.graceSeconds, identityOf().graceSeconds)
    assert.equal(rig.clock.waiting, 0)
  })

  it('lets halted processes go on before it asks them to end, frozen by us or paused by hand, and if the engine says that they do', async () => {
    const rig = new RetirementRig()
    for (const id of ['a', 'b', 'c']) rig.add(id)
    rig.table.change('a', { state: 'frozen' })
    rig.table.change('b', { isPaused: true })
    rig.fail('unpause', new FaasError('conflict', 'Docker could not unpause the container: it is not paused'))

    for (const id of ['a', 'b', 'c']) rig.retirement.begin(id, 'surplus')
    await eventually(() => rig.gone.length === 3)

    const ofEach = (id: string) => rig.steps.filter((step) => step.endsWith(` ${id}`)).slice(1, 3)
    assert.deepEqual(['a', 'b', 'c'].map(ofEach), [
      ['unpause a', 'stop a'],
      ['unpause b', 'stop b'],
      ['stop c', 'keep c'],
    ])
  })

  it('waits for its calls as long as the drain lasts, and no longer', async () => {
    const rig = new RetirementRig()
    rig.add('a')
    rig.hold('drain')

    rig.retirement.begin('a', 'surplus')
    await rig.clock.advance(DRAIN_MS - 1)
    assert.deepEqual(rig.steps, ['drain a'])
    await rig.clock.advance(1)

    await eventually(() => rig.gone.length === 1)
  })

  it('happens once, however often it is begun', async () => {
    const rig = new RetirementRig()
    rig.add('a')
    rig.hold('stop')

    rig.retirement.begin('a', 'surplus')
    await rig.reached('stop a')
    rig.retirement.begin('a', 'surplus')
    rig.letGo('stop')
    await eventually(() => rig.gone.length === 1)
    rig.retirement.begin('a', 'surplus')
    await rig.retirement.stop()

    assert.deepEqual(rig.steps, ['drain a', 'stop a', 'keep a', 'remove a'])
    assert.deepEqual(rig.gone, ['hello.openfaas-fn'])
  })

  it('takes it out of service again when it was found ready meanwhile', async () => {
    const rig = new RetirementRig()
    rig.add('a')
    rig.hold('drain')
    rig.retirement.begin('a', 'surplus')
    rig.table.change('a', { state: 'ready' })

    rig.retirement.begin('a', 'surplus')

    assert.deepEqual(rig.ready.at(-1), [])
    rig.letGo('drain')
    await eventually(() => rig.gone.length === 1)
  })

  for (const step of ['stop', 'remove'] as const) {
    it(`tells of an engine that cannot ${step}, and can be begun again`, async () => {
      const rig = new RetirementRig()
      rig.add('a')
      const failure = new FaasError('unavailable', 'Docker is not reachable')
      rig.fail(step, failure)

      rig.retirement.begin('a', 'surplus')
      await eventually(() => rig.failures.length === 1)
      assert.deepEqual(rig.failures, [failure])
      assert.ok(rig.table.get('a') !== undefined)
      assert.deepEqual([rig.gone, rig.log.messages('info')], [[], []])
      rig.mend()
      // The first attempt may have to end before another one begins.
      await eventually(() => {
        rig.retirement.begin('a', 'surplus')
        return rig.gone.length === 1
      })

      assert.equal(rig.table.get('a'), undefined)
      assert.equal(rig.failures.length, 1)
    })
  }
})

describe('the retirement of a dead replica', () => {
  it('begins with its log, before anything is asked, and tells of its death', async () => {
    const rig = new RetirementRig()
    rig.addDead('a')
    rig.hold('keep')

    rig.retirement.begin('a', 'surplus')
    assert.deepEqual(rig.steps.slice(0, 1), ['keep a'])
    await eventually(() => rig.deaths.length === 1)
    assert.deepEqual(rig.deaths, [137])
    assert.deepEqual(rig.steps, ['keep a', 'inspect a'])
    rig.letGo('keep')
    await eventually(() => rig.gone.length === 1)

    assert.deepEqual(rig.steps, ['keep a', 'inspect a', 'remove a'])
  })

  it('begins with the logs of all that died at once', async () => {
    const rig = new RetirementRig()
    const ids = Array.from({ length: 20 }, (_, number) => `c${number}`)
    const warnings: string[] = []
    const onWarning = ({ message }: Error) => warnings.push(message)
    process.on('warning', onWarning)
    rig.hold('keep')

    for (const id of ids) {
      rig.addDead(id)
      rig.retirement.begin(id, 'surplus')
    }

    const kept = rig.steps.filter((step) => step.startsWith('keep'))
    assert.deepEqual(
      kept,
      ids.map((id) => `keep ${id}`),
    )
    rig.letGo('keep')
    await eventually(() => rig.gone.length === ids.length)
    process.off('warning', onWarning)
    assert.deepEqual(warnings, [])
  })

  it('keeps its log although nothing more can be learned, before it tells of the failure', async () => {
    const rig = new RetirementRig()
    rig.addDead('a')
    rig.hold('keep')
    rig.fail('inspect', new FaasError('unavailable', 'Docker is not reachable'))

    rig.retirement.begin('a', 'surplus')
    await rig.reached('inspect a')
    await rig.clock.advance(0)
    assert.deepEqual(rig.failures, [])
    rig.letGo('keep')
    await eventually(() => rig.failures.length === 1)

    assert.deepEqual(rig.deaths, [])
    assert.ok(rig.table.get('a') !== undefined)
  })

  it('removes four at a time', async () => {
    const rig = new RetirementRig()
    rig.hold('remove')
    for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
      rig.addDead(id)
      rig.retirement.begin(id, 'surplus')
    }

    await rig.reached('remove d')
    await rig.clock.advance(0)
    assert.equal(rig.steps.filter((step) => step.startsWith('remove')).length, 4)
    rig.letGo('remove')

    await eventually(() => rig.gone.length === 6)
  })
})
