import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { EngineAway } from '../../src/provider/docker/engine/errors.ts'
import { HaltWatch } from '../../src/provider/docker/replicas/halt-watch.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { identityOf } from '../fixtures/deployed.ts'

const hello = functionName('hello')

/** One ready replica. The engine says what the test has it say, and counts how often it was asked. */
class HaltRig {
  readonly clock = new FakeClock()
  readonly log = new RecordingLog()
  readonly table = new ReplicaTable(
    () => this.clock.wall(),
    () => {},
  )
  state = 'running'
  asked = 0
  away = 0
  failure: Error | null = null
  onAsked = () => {}
  readonly unready: string[] = []
  readonly halts = new HaltWatch({
    engine: {
      inspectContainer: async () => {
        this.asked += 1
        this.onAsked()
        if (this.failure !== null) throw this.failure
        const nothing = { pid: 1, exitCode: 0, oomKilled: false, error: '', addresses: {} }
        return { state: this.state, ...nothing }
      },
    },
    table: this.table,
    clock: this.clock,
    log: this.log,
    onUnready: (id) => this.unready.push(id),
    onEngineAway: () => (this.away += 1),
  })

  constructor() {
    this.table.add('a', identityOf(), { isRunning: true, host: '10.0.0.1' })
    this.table.change('a', { state: 'ready' })
  }

  get replica() {
    return [this.table.get('a')?.replica.state, this.table.get('a')?.isPaused]
  }
}

describe('the watch over halted processes', () => {
  it('does not ask why the engine takes one for running that is frozen by files of the kernel', async () => {
    const rig = new HaltRig()
    rig.table.change('a', { state: 'frozen', frozenIn: { version: 'v1', folder: '/there' } })

    rig.halts.told('a', false)
    await rig.clock.advance(2_000)

    assert.equal(rig.asked, 0)
    assert.deepEqual(rig.replica, ['frozen', false])
  })

  it('takes a replica that somebody halted out of service at once, and sees it go on', async () => {
    const rig = new HaltRig()
    rig.state = 'paused'

    rig.halts.told('a', true)
    await rig.clock.advance(0)
    assert.deepEqual(rig.replica, ['starting', true])
    assert.deepEqual(rig.table.ready(hello), [])

    rig.state = 'running'
    rig.halts.told('a', false)
    await rig.clock.advance(0)
    assert.deepEqual(rig.replica, ['starting', false])
    assert.deepEqual([rig.unready, rig.asked], [['a'], 2])
  })

  it('does not ask when it is told what it knows', async () => {
    const rig = new HaltRig()

    rig.halts.told('a', false)
    rig.table.change('a', { turning: 'pause' })
    rig.halts.told('a', true)
    rig.table.change('a', { state: 'frozen', turning: 'unpause' })
    rig.halts.told('a', false)
    rig.table.change('a', { turning: null })
    rig.halts.told('a', true)
    rig.halts.told('nobody', true)
    await rig.clock.advance(10_000)

    assert.deepEqual([rig.asked, rig.clock.waiting], [0, 0])
  })

  it('takes the echo of a freeze and a thaw of ours for nothing else', async () => {
    const rig = new HaltRig()
    rig.table.change('a', { turnedAtMs: rig.clock.now() })
    rig.state = 'paused'

    rig.halts.told('a', true)
    await rig.clock.advance(900)
    assert.deepEqual([rig.replica, rig.asked], [['ready', false], 0])
    rig.halts.told('a', false)
    rig.state = 'running'
    await rig.clock.advance(200)

    assert.deepEqual([rig.replica, rig.asked, rig.unready], [['ready', false], 1, []])
  })

  it('finds out about a hand that let a replica go on while it was being frozen', async () => {
    const rig = new HaltRig()
    rig.table.change('a', { state: 'frozen', turning: 'pause' })

    rig.halts.told('a', false)
    await rig.clock.advance(5_000)
    assert.equal(rig.asked, 0)
    rig.table.change('a', { turning: null, turnedAtMs: rig.clock.now() })
    await rig.clock.advance(2_000)

    assert.deepEqual([rig.replica, rig.asked, rig.unready], [['starting', false], 1, ['a']])
  })

  it('asks again when it was frozen while the engine answered', async () => {
    const rig = new HaltRig()
    rig.onAsked = () => {
      rig.onAsked = () => {}
      rig.table.change('a', { state: 'frozen', turnedAtMs: rig.clock.now() })
    }
    rig.state = 'paused'

    rig.halts.doubt('a')
    await rig.clock.advance(2_000)

    assert.deepEqual([rig.replica, rig.asked, rig.unready], [['frozen', false], 2, []])
  })

  it('leaves one alone that has ended, says so when the engine is away, and ends when it is stopped', async () => {
    const rig = new HaltRig()
    rig.state = 'exited'
    rig.halts.doubt('a')
    await rig.clock.advance(0)
    rig.failure = new EngineAway('nothing listens there')
    rig.halts.doubt('a')
    await rig.clock.advance(0)
    assert.deepEqual([rig.replica, rig.away, rig.log.messages('error')], [['ready', false], 1, []])

    rig.table.change('a', { turning: 'pause' })
    rig.halts.doubt('a')
    await rig.halts.stop()
    rig.halts.doubt('a')

    assert.equal(rig.clock.waiting, 0)
  })
})
