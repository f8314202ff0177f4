import type { Deferred } from '../../src/clock.ts'
import { Freezer } from '../../src/provider/docker/replicas/freezer.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { identityOf } from '../fixtures/deployed.ts'
import { eventually } from './eventually.ts'
import { FakeClock } from './fake-clock.ts'
import { RecordingLog } from './recording-log.ts'

/** One replica that is ready, of a function that rests. The engine answers at once unless a test holds it back. */
export class FreezerRig {
  readonly clock = new FakeClock()
  readonly log = new RecordingLog()
  /** What the engine was asked for, and what was told, in turn. */
  readonly told: string[] = []
  held: Deferred<void> | null = null
  failure: Error | null = null
  isResting = true
  calls = 0
  readonly table = new ReplicaTable(
    () => this.clock.wall(),
    (_fn, ready) => this.told.push(`ready ${ready.length}`),
  )
  readonly freezer = new Freezer({
    halter: {
      halt: () => this.#asked('pause'),
      release: () => this.#asked('unpause'),
    },
    table: this.table,
    ledger: { inFlight: () => this.calls },
    clock: this.clock,
    log: this.log,
    isResting: () => this.isResting,
    onThawed: () => this.told.push('thawed'),
    onUnready: () => this.told.push('unready'),
    onTurned: () => this.told.push('turned'),
    onLost: () => this.told.push('lost'),
    onDoubt: () => this.told.push('doubt'),
    onEngineAway: () => this.told.push('away'),
  })

  constructor() {
    this.table.add('a', identityOf(), { isRunning: true, host: '10.0.0.1' })
    this.table.change('a', { state: 'ready' })
    this.told.length = 0
  }

  get record() {
    return this.table.get('a')
  }

  get state() {
    return this.record?.replica.state
  }

  /** Waits until nothing is under way. */
  idle(): Promise<void> {
    return eventually(() => this.record?.turning === null)
  }

  async frozen(): Promise<void> {
    this.freezer.freeze('a')
    await this.idle()
    this.told.length = 0
  }

  async #asked(what: string): Promise<void> {
    this.told.push(what)
    await this.held?.promise
    if (this.failure !== null) throw this.failure
  }
}
