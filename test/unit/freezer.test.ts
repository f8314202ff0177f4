import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deferred } from '../../src/clock.ts'
import { FaasError } from '../../src/core/errors.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import { EngineAway } from '../../src/provider/docker/engine/errors.ts'
import { eventually } from '../fakes/eventually.ts'
import { FreezerRig } from '../fakes/freezer-rig.ts'
import { identityOf } from '../fixtures/deployed.ts'

const hello = functionName('hello')

describe('the freezer', () => {
  it('takes a replica out of service before it halts it, and makes the same one ready again without a question', async () => {
    const rig = new FreezerRig()

    rig.freezer.freeze('a')
    await rig.idle()
    assert.deepEqual(rig.told, ['ready 0', 'pause', 'turned'])
    assert.equal(rig.state, 'frozen')
    rig.told.length = 0
    rig.freezer.thaw('a')
    await rig.idle()

    assert.deepEqual(rig.told, ['unpause', 'ready 1', 'thawed', 'turned'])
    assert.equal(rig.state, 'ready')
    assert.equal(rig.record?.turnedAtMs, rig.clock.now())
    assert.deepEqual(rig.log.messages('info'), ['replica frozen', 'replica thawed'])
  })

  it('leaves a replica with calls alone, one that is not ready, and one of a function that was woken meanwhile', async () => {
    const rig = new FreezerRig()
    rig.calls = 1
    await rig.frozen()
    rig.calls = 0
    rig.isResting = false
    await rig.frozen()
    rig.isResting = true
    rig.table.change('a', { state: 'starting' })
    await rig.frozen()

    assert.equal(rig.state, 'starting')
  })

  it('does one thing at a time, and says at its end that another may be wanted', async () => {
    const rig = new FreezerRig()
    rig.held = deferred()
    rig.freezer.freeze('a')
    await eventually(() => rig.told.includes('pause'))

    rig.freezer.thaw('a')
    rig.freezer.freeze('a')
    rig.held.resolve()
    await rig.idle()

    assert.deepEqual(rig.told, ['ready 0', 'pause', 'turned'])
    assert.equal(rig.state, 'frozen')
  })

  it('has a replica asked that was found frozen: nobody here has seen it ready', async () => {
    const rig = new FreezerRig()
    rig.table.add('b', identityOf(), { isRunning: true, host: '10.0.0.2' })
    rig.table.change('b', { state: 'frozen' })

    rig.freezer.thaw('b')
    await eventually(() => rig.told.includes('turned'))

    assert.deepEqual(rig.told, ['unpause', 'unready', 'turned'])
    assert.equal(rig.table.get('b')?.replica.state, 'starting')
  })

  it('keeps a replica that the engine will not freeze in service, and says why', async () => {
    const rig = new FreezerRig()
    rig.failure = new FaasError('unavailable', 'Docker could not pause the container: no freezer here')

    await rig.frozen()

    assert.deepEqual([rig.state, rig.record?.isUnfreezable], ['starting', true])
    const [warning] = rig.log.lines.filter(({ level }) => level === 'warn')
    assert.match(String(warning?.fields?.['reason']), /no freezer here/)
  })

  it('asks several times for a thaw that the engine refuses, then has the replica itself asked: it may run', async () => {
    const rig = new FreezerRig()
    await rig.frozen()
    rig.failure = new FaasError('unavailable', 'Docker could not unpause the container: it is not paused')

    rig.freezer.thaw('a')
    await rig.clock.advance(1_000)
    await rig.idle()

    const [asked, others] = [rig.told.filter((what) => what === 'unpause'), rig.told.slice(-3)]
    assert.ok(asked.length > 1)
    assert.deepEqual(others, ['unready', 'doubt', 'turned'])
    assert.deepEqual([rig.state, rig.record?.isUnfreezable], ['starting', false])
  })

  it('thaws a replica that the engine took for running when it was asked first', async () => {
    const rig = new FreezerRig()
    await rig.frozen()
    rig.failure = new FaasError('unavailable', 'Docker could not unpause the container: it is not paused')
    rig.freezer.thaw('a')
    await eventually(() => rig.told.includes('unpause'))

    rig.failure = null
    await rig.clock.advance(1_000)
    await rig.idle()

    assert.deepEqual(rig.told, ['unpause', 'unpause', 'ready 1', 'thawed', 'turned'])
  })

  it('takes a replica for frozen that the engine says is halted already, and has that looked at', async () => {
    const rig = new FreezerRig()
    rig.failure = new FaasError('conflict', 'Docker could not pause the container: it is paused already')

    rig.freezer.freeze('a')
    await rig.idle()

    assert.deepEqual(rig.told, ['ready 0', 'pause', 'doubt', 'turned'])
    assert.deepEqual([rig.state, rig.record?.isUnfreezable], ['frozen', false])
  })

  it('leaves a replica frozen while the engine is away, and does not try again by itself', async () => {
    const rig = new FreezerRig()
    await rig.frozen()
    rig.failure = new EngineAway('nothing listens there')

    rig.freezer.thaw('a')
    await rig.idle()

    assert.deepEqual(rig.told, ['unpause', 'away'])
    assert.equal(rig.state, 'frozen')
  })

  it('does not bring a replica back that was told to go while it was thawed', async () => {
    const rig = new FreezerRig()
    await rig.frozen()
    rig.held = deferred()
    rig.freezer.thaw('a')
    await eventually(() => rig.told.includes('unpause'))

    rig.table.change('a', { state: 'draining' })
    rig.held.resolve()
    await rig.idle()

    assert.equal(rig.state, 'draining')
    assert.deepEqual(rig.table.ready(hello), [])
  })

  it('has a replica replaced that cannot be thawed by the files by which it was frozen, after one try', async () => {
    const rig = new FreezerRig()
    await rig.frozen()
    rig.table.change('a', { frozenIn: { version: 'v1', folder: '/there' } })
    rig.failure = new Error('EACCES')

    rig.freezer.thaw('a')
    await rig.idle()

    assert.deepEqual(rig.told, ['unpause', 'lost', 'turned'])
    assert.deepEqual([rig.state, rig.record?.isFailed], ['starting', true])
  })

  it('lets a replica go on that was told to go while it was frozen by files', async () => {
    const rig = new FreezerRig()
    rig.held = deferred()
    rig.freezer.freeze('a')
    await eventually(() => rig.told.includes('pause'))
    rig.table.change('a', { state: 'draining', frozenIn: { version: 'v1', folder: '/there' } })

    rig.held.resolve()
    await rig.idle()

    assert.deepEqual(rig.told, ['ready 0', 'pause', 'unpause', 'turned'])
  })

  it('is not done before the engine has answered, and begins nothing after that', async () => {
    const rig = new FreezerRig()
    rig.held = deferred()
    rig.freezer.freeze('a')
    await eventually(() => rig.told.includes('pause'))
    let isStopped = false

    const stopped = rig.freezer.stop().then(() => (isStopped = true))
    rig.freezer.thaw('a')
    assert.equal(isStopped, false)
    rig.held.resolve()
    await stopped

    assert.deepEqual([rig.state, isStopped], ['frozen', true])
    rig.freezer.thaw('a')
    assert.equal(rig.record?.turning, null)
  })
})
