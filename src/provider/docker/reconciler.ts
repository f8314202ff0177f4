import { setMaxListeners } from 'node:events'
import type { Clock } from '../../clock.ts'
import { FaasError, messageOf } from '../../core/errors.ts'
import { type FunctionName, namespaceOf } from '../../core/function-name.ts'
import type { DeployedFunction, FunctionSpec } from '../../core/function-spec.ts'
import { type ObservedReplica, planReplicas } from '../../core/reconcile-plan.ts'
import { afterSetback, NO_SETBACKS, type Setbacks } from '../../core/setbacks.ts'
import type { Log } from '../../log.ts'
import { Background } from './background.ts'
import { EngineAway } from './engine-errors.ts'
import type { Blueprint } from './replica-maker.ts'
import type { ReplicaRecord, ReplicaTable } from './replica-table.ts'
import { WorkQueue } from './work-queue.ts'

export interface ReconcilerOptions {
  readonly table: ReplicaTable
  readonly clock: Clock
  readonly log: Log
  readonly maker: {
    prepare(fn: DeployedFunction): Promise<Blueprint | null>
    make(blueprint: Blueprint): Promise<string>
  }
  readonly isUp: () => boolean
  readonly onEngineAway: (error: EngineAway) => void
  readonly fetchImage: (spec: FunctionSpec, signal: AbortSignal) => Promise<{ readonly id: string }>
  readonly retire: (id: string) => void
  /** A replica was started: find out when it is ready. */
  readonly onStarted: (id: string) => void
}

/** A function that should exist. A new revision is a new one of these. */
interface Desired {
  fn: DeployedFunction
  /** The image that a fetch of ours found; it counts while the registry has none for this revision. */
  fetched: string | null
  setbacks: Setbacks
  isFetching: boolean
  cancelRetry: () => void
}

/** Functions worked on at the same time. */
const PARALLEL = 8
/** New replicas of one function in one round: a change of mind must not wait for a hundred starts. */
const BATCH = 4

/**
 * Makes observed what is desired: one round per function that may need it, never two of the same function at once. The plan is pure; this
 * file carries it out, and remembers setbacks so that a function that cannot run is not tried in a hot loop.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #desired = new Map<FunctionName, Desired>()
  readonly #queue: WorkQueue<FunctionName>
  readonly #background: Background
  readonly #stopping = new AbortController()

  constructor(options: ReconcilerOptions) {
    this.#options = options
    this.#queue = new WorkQueue(PARALLEL, (name) => this.#round(name))
    this.#background = new Background(options.log)
    setMaxListeners(0, this.#stopping.signal)
  }

  desired(name: FunctionName): DeployedFunction | undefined {
    return this.#desired.get(name)?.fn
  }

  /** What stands in the way of `name`, for the sentence to the caller. */
  trouble(name: FunctionName): { readonly isFetching: boolean; readonly setback: string } {
    const desired = this.#desired.get(name)
    return { isFetching: desired?.isFetching ?? false, setback: desired?.setbacks.reason ?? '' }
  }

  /** Functions that should exist. */
  names(): readonly FunctionName[] {
    return [...this.#desired.keys()]
  }

  isNamespaceUsed(namespace: string): boolean {
    const uses = (name: FunctionName) => namespaceOf(name) === namespace
    return this.names().some(uses) || this.#options.table.functions().some(uses)
  }

  apply(fn: DeployedFunction): void {
    const { name } = fn.spec
    const before = this.#desired.get(name)
    if (before !== undefined && before.fn.revision > fn.revision) return
    if (before !== undefined && before.fn.revision === fn.revision) before.fn = fn
    else {
      before?.cancelRetry()
      this.#desired.set(name, {
        fn,
        fetched: null,
        setbacks: NO_SETBACKS,
        isFetching: false,
        cancelRetry: () => {},
      })
    }
    this.nudge(name)
  }

  remove(name: FunctionName): void {
    const { table, retire } = this.#options
    this.#desired.get(name)?.cancelRetry()
    this.#desired.delete(name)
    for (const { replica } of table.of(name)) retire(replica.id)
    table.rejectWaiters(name, new FaasError('not-found', `function ${name} was removed`))
    // A round under way may be making one more.
    this.nudge(name)
  }

  nudge(name: FunctionName): void {
    this.#queue.add(name)
  }

  /** What its last attempt lacked may be there now: the next one need not wait. */
  hurry(name: FunctionName): void {
    const desired = this.#desired.get(name)
    if (desired === undefined || desired.setbacks.reason === '') return
    desired.setbacks = { ...desired.setbacks, retryAtMs: 0 }
    this.nudge(name)
  }

  nudgeAll(): void {
    for (const name of this.#desired.keys()) this.nudge(name)
    for (const name of this.#options.table.functions()) this.nudge(name)
  }

  /** A replica died, or never got ready. Says when its successor comes. */
  setback(record: Pick<ReplicaRecord, 'replica'>, reason: string): void {
    const { fn, revision } = record.replica
    const desired = this.#desired.get(fn)
    if (desired?.fn.revision !== revision) return
    this.#setBack(desired, reason)
  }

  /** More is known now about the last setback of this replica's function. */
  explain({ replica }: Pick<ReplicaRecord, 'replica'>, reason: string): void {
    const desired = this.#desired.get(replica.fn)
    if (desired?.fn.revision !== replica.revision || desired.setbacks.reason === '') return
    desired.setbacks = { ...desired.setbacks, reason }
  }

  /** A replica is ready: what went wrong before is no answer to anybody any more. The count stays, for a crash loop. */
  recovered(name: FunctionName): void {
    const desired = this.#desired.get(name)
    if (desired !== undefined) desired.setbacks = { ...desired.setbacks, reason: '' }
    this.nudge(name)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const { cancelRetry } of this.#desired.values()) cancelRetry()
    await this.#queue.stop()
    await this.#background.settled()
  }

  async #round(name: FunctionName): Promise<void> {
    const { table, isUp, retire, log } = this.#options
    if (!isUp() || this.#stopping.signal.aborted) return
    const desired = this.#desired.get(name)
    const plan = planReplicas(desired === undefined ? null : wanted(desired.fn), table.of(name).map(observed))
    for (const id of [...plan.retire, ...plan.bury]) retire(id)
    if (desired === undefined || plan.create === 0) return

    try {
      await this.#create(desired, plan.create)
    } catch (error) {
      if (error instanceof EngineAway) {
        this.#options.onEngineAway(error)
        return
      }
      if (!(error instanceof FaasError)) log.error('round failed', { fn: name, err: error })
      this.#setBack(desired, messageOf(error))
    }
  }

  async #create(desired: Desired, missing: number): Promise<void> {
    const { clock, maker, onStarted } = this.#options
    if (desired.isFetching) return
    const waitMs = desired.setbacks.retryAtMs - clock.now()
    if (waitMs > 0) {
      this.#retryAfter(desired, waitMs)
      return
    }
    const artifact = desired.fn.artifact ?? desired.fetched
    // Accepted before its pull was done: what the engine has under the name until then is likely the image before.
    const blueprint = artifact === null ? null : await maker.prepare({ ...desired.fn, artifact })
    if (blueprint === null) {
      this.#fetch(desired)
      return
    }

    const count = Math.min(missing, BATCH)
    const made = await Promise.allSettled(Array.from({ length: count }, () => maker.make(blueprint)))
    for (const result of made) {
      if (result.status === 'fulfilled') onStarted(result.value)
    }
    const failed = made.find((result) => result.status === 'rejected')
    if (missing > count) this.nudge(desired.fn.spec.name)
    if (failed !== undefined) throw failed.reason
  }

  /** In the background: a pull may take minutes, and a round must not. */
  #fetch(desired: Desired): void {
    const { fetchImage, onEngineAway } = this.#options
    const { spec } = desired.fn
    desired.isFetching = true
    this.#background.run('fetch an image', async () => {
      try {
        desired.fetched = (await fetchImage(spec, this.#stopping.signal)).id
      } catch (error) {
        if (error instanceof EngineAway) onEngineAway(error)
        else if (!this.#stopping.signal.aborted) this.#setBack(desired, messageOf(error))
      } finally {
        desired.isFetching = false
        this.nudge(spec.name)
      }
    })
  }

  #setBack(desired: Desired, reason: string): void {
    const { clock, log } = this.#options
    const { spec, revision } = desired.fn
    // Superseded or removed meanwhile: what went wrong concerns nobody.
    if (this.#desired.get(spec.name) !== desired) return
    desired.setbacks = afterSetback(desired.setbacks, reason, clock.now())
    const { count, retryAtMs } = desired.setbacks
    const retryInMs = Math.max(0, Math.round(retryAtMs - clock.now()))
    log.warn('function set back', { fn: spec.name, revision, reason, count, retryInMs })
    this.#retryAfter(desired, retryInMs)
  }

  #retryAfter(desired: Desired, waitMs: number): void {
    desired.cancelRetry()
    desired.cancelRetry = this.#options.clock.after(waitMs, () => this.nudge(desired.fn.spec.name))
  }
}

function wanted(fn: DeployedFunction) {
  return { revision: fn.revision, deployedAtMs: fn.createdAtMs, replicas: fn.replicas }
}

function observed(record: ReplicaRecord): ObservedReplica {
  const { replica, identity } = record
  return {
    id: replica.id,
    revision: replica.revision,
    deployedAtMs: identity.deployedAtMs,
    condition: conditionOf(record),
    isReady: replica.state === 'ready',
  }
}

function conditionOf({ replica, isRunning, isFailed }: ReplicaRecord): ObservedReplica['condition'] {
  if (replica.state === 'draining') return 'leaving'
  if (!isRunning) return 'dead'
  return isFailed ? 'failed' : 'alive'
}
