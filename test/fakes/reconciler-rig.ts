import { functionName } from '../../src/core/functions/function-name.ts'
import type { DeployedFunction } from '../../src/core/functions/function-spec.ts'
import { Outlook } from '../../src/provider/docker/readiness/outlook.ts'
import { Reconciler } from '../../src/provider/docker/replicas/reconciler.ts'
import type { Blueprint } from '../../src/provider/docker/replicas/replica-maker.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { identityOf } from '../fixtures/deployed.ts'
import { FakeClock } from './fake-clock.ts'
import { RecordingLog } from './recording-log.ts'

export const hello = functionName('hello')

/** A reconciler on an engine of the imagination. */
export class ReconcilerRig {
  readonly clock = new FakeClock()
  readonly log = new RecordingLog()
  readonly table = new ReplicaTable(
    () => this.clock.now(),
    () => {},
  )
  isUp = true
  hasImage = true
  makeFails: Error | null = null
  fetchFails: Error | null = null
  /** What a fetch waits for. */
  fetching: Promise<unknown> | null = null
  /** Revisions whose replicas exit before they are ready. */
  readonly broken = new Set<number>()
  /** Replicas that have calls. */
  readonly busy = new Set<string>()
  /** Replicas that are made run, and are not ready. */
  startsSlowly = false
  /** Of the replicas made, in turn. */
  readonly artifacts: (string | null)[] = []
  prepared = 0
  made = 0
  fetched = 0
  away = 0
  readonly reconciler = new Reconciler({
    table: this.table,
    clock: this.clock,
    log: this.log,
    maker: {
      prepare: (fn) => this.#prepare(fn),
      make: (blueprint) => this.#make(blueprint),
    },
    isUp: () => this.isUp,
    onEngineAway: () => (this.away += 1),
    fetchImage: () => this.#fetch(),
    retire: (id) => this.table.delete(id),
    freezer: {
      freeze: (id) => this.table.change(id, { state: 'frozen' }),
      thaw: (id) => this.table.change(id, { state: 'ready' }),
    },
    inFlight: (id) => (this.busy.has(id) ? 1 : 0),
    onStarted: (id) => this.#started(id),
    onSetback: (fn) => this.outlook.failed(fn),
  })
  readonly outlook = new Outlook({
    table: this.table,
    reconciler: this.reconciler,
    link: { status: () => ({ reachable: this.isUp, version: '1', reason: '' }) },
    clock: this.clock,
  })

  ready(): number {
    return this.table.ready(hello).length
  }

  /** The container of a replica exits. */
  crash(): void {
    const [record] = this.table.of(hello)
    if (record === undefined) throw new Error('nothing runs')
    this.table.change(record.replica.id, { isRunning: false, state: 'gone' })
    this.reconciler.setback(record, 'it exited with code 1')
    this.reconciler.nudge(hello)
  }

  serving(): readonly number[] {
    return this.table.ready(hello).map(({ revision }) => revision)
  }

  #started(id: string): void {
    const record = this.table.get(id)
    if (record === undefined || this.startsSlowly) return
    if (!this.broken.has(record.replica.revision)) {
      this.table.change(id, { state: 'ready' })
      this.reconciler.recovered(record)
      return
    }
    this.table.change(id, { isRunning: false, state: 'gone' })
    this.reconciler.setback(record, 'it exited with code 1')
    this.reconciler.nudge(hello)
  }

  async #prepare(fn: DeployedFunction): Promise<Blueprint | null> {
    this.prepared += 1
    return this.hasImage ? { fn, identity: identityOf(fn), body: {} } : null
  }

  async #make({ fn, identity }: Blueprint): Promise<string> {
    if (this.makeFails !== null) throw this.makeFails
    this.made += 1
    this.artifacts.push(fn.artifact)
    const id = `replica-${this.made}`
    this.table.add(id, identity, { isRunning: true, host: '10.0.0.1' })
    return id
  }

  async #fetch(): Promise<{ readonly id: string }> {
    this.fetched += 1
    await this.fetching
    if (this.fetchFails !== null) throw this.fetchFails
    this.hasImage = true
    return { id: 'sha256:fetched' }
  }
}
