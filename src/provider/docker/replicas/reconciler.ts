import { FaasError } from '../../../core/errors.ts'
import { isAvailable } from '../../../core/provider/replica.ts'
import { type FunctionName, namespaceOf } from '../../../core/functions/function-name.ts'
import type { DeployedFunction } from '../../../core/functions/function-spec.ts'
import {
  type DepartureReason,
  type DesiredReplicas,
  isSameLife,
  type ObservedReplica,
  planReplicas,
  type ReconcilePlan,
} from './reconcile-plan.ts'
import { applied, type Attempt, attemptsOf, type Desired, endRest } from './attempt.ts'
import { AttemptRunner, type AttemptRunnerOptions } from './attempt-runner.ts'
import type { ReplicaRecord, ReplicaTable } from './replica-table.ts'
import { WorkQueue } from '../../../work/work-queue.ts'

export interface ReconcilerOptions extends Omit<AttemptRunnerOptions, 'serving' | 'isCurrent' | 'nudge'> {
  readonly table: ReplicaTable
  readonly isUp: () => boolean
  readonly retire: (id: string, why: DepartureReason) => void
  readonly freezer: { freeze(id: string): void; thaw(id: string): void }
  /** Calls that a replica has now. */
  readonly inFlight: (id: string) => number
}

/** Obstacles of a function's newest revision. */
export interface Trouble {
  readonly isFetching: boolean
  /**
   * Why its last replica died or could not be created; empty when that did not happen, or one was ready
   * since.
   */
  readonly setback: string
  /** The same of the last good revision. */
  readonly lastGoodSetback: string
  /** The last lines of the replica that died last. */
  readonly lastWords: readonly string[]
}

/** Most functions with a round at the same time. */
const PARALLEL = 8

/**
 * Brings the observed state to the desired one, in rounds of one function each; never two rounds of the same
 * function at once. The plan is pure. This class carries it out and remembers setbacks, so that a broken
 * function is not tried in a hot loop.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions
  readonly #desired = new Map<FunctionName, Desired>()
  readonly #queue: WorkQueue<FunctionName>
  readonly #attempts: AttemptRunner
  #isStopping = false

  constructor(options: ReconcilerOptions) {
    this.#options = options
    this.#queue = new WorkQueue(PARALLEL, (name) => this.#round(name))
    this.#attempts = new AttemptRunner({
      ...options,
      isCurrent: (attempt) => this.#attempt(attempt.fn.spec.name, attempt.fn.revision) === attempt,
      serving: (name) => options.table.ready(name).map(({ revision }) => revision),
      nudge: (name) => this.nudge(name),
    })
  }

  desired(name: FunctionName): DeployedFunction | undefined {
    return this.#desired.get(name)?.newest.fn
  }

  trouble(name: FunctionName): Trouble {
    const { newest, lastGood } = this.#desired.get(name) ?? {}
    const setback = newest?.setbacks.reason ?? ''
    const lastWords = setback === '' ? [] : (newest?.lastWords ?? [])
    const lastGoodSetback = lastGood?.setbacks.reason ?? ''
    return { isFetching: newest?.isFetching ?? false, setback, lastGoodSetback, lastWords }
  }

  /** The attempts for a function; undefined when it should not exist. */
  attempts(name: FunctionName): Desired | undefined {
    return this.#desired.get(name)
  }

  /** Whether the replica belongs to a function that should exist, not to a removed one of the same name. */
  isWanted({ replica, identity }: ReplicaRecord): boolean {
    const fn = this.desired(replica.fn)
    return fn !== undefined && isSameLife(identity, { deployedAtMs: fn.createdAtMs })
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
    const desired = applied(this.#desired.get(name), fn)
    if (desired === null) return
    this.#desired.set(name, desired)
    this.nudge(name)
  }

  remove(name: FunctionName): void {
    const { table, retire } = this.#options
    this.#cancelRetries(name)
    this.#desired.delete(name)
    for (const { replica } of table.of(name)) retire(replica.id, 'removed')
    table.board.rejectWaiters(name, new FaasError('not-found', `function ${name} was removed`))
    // A running round may still create a replica.
    this.nudge(name)
  }

  /**
   * A call waits: ends the rest until `apply` sets it again. Takes effect at once, even during a round of the
   * function.
   */
  wake(name: FunctionName): void {
    const desired = this.#desired.get(name)
    if (desired === undefined) return
    endRest(desired)
    this.settleRest(name)
  }

  /** Only freezes and thaws, as desired. Without the engine only thaws, which the kernel may do alone. */
  settleRest(name: FunctionName): void {
    const { isUp, freezer } = this.#options
    if (this.#isStopping) return
    const { freeze, thaw } = this.#plan(name)
    for (const id of isUp() ? freeze : []) freezer.freeze(id)
    for (const id of thaw) freezer.thaw(id)
  }

  nudge(name: FunctionName): void {
    this.#queue.add(name)
  }

  /** The cause of the last failure may be gone: starts the next attempt without further delay. */
  hurry(name: FunctionName): void {
    const desired = this.#desired.get(name)
    if (desired === undefined) return
    for (const attempt of attemptsOf(desired)) {
      if (attempt.setbacks.reason !== '') attempt.setbacks = { ...attempt.setbacks, retryAtMs: 0 }
    }
    this.nudge(name)
  }

  nudgeAll(): void {
    for (const name of this.#desired.keys()) this.nudge(name)
    for (const name of this.#options.table.functions()) this.nudge(name)
  }

  /** A replica died or never became ready. Schedules its successor. */
  setback(record: Pick<ReplicaRecord, 'replica'>, reason: string): void {
    const attempt = this.#attemptOf(record)
    if (attempt === undefined) return
    this.#attempts.setBack(attempt, reason, 'died')
  }

  /** Replaces the reason of the last setback of this replica's revision by a better one. */
  explain(record: Pick<ReplicaRecord, 'replica'>, reason: string): void {
    const attempt = this.#attemptOf(record)
    if (attempt === undefined || attempt.setbacks.reason === '') return
    attempt.setbacks = { ...attempt.setbacks, reason }
  }

  /** The last lines of a replica that died or was given up. An empty list removes those of an earlier one. */
  heard(record: Pick<ReplicaRecord, 'replica'>, lastWords: readonly string[]): void {
    const attempt = this.#attemptOf(record)
    if (attempt !== undefined) attempt.lastWords = lastWords
  }

  /** A replica is ready: earlier reasons no longer apply. The count stays, in case of a crash loop. */
  recovered(record: Pick<ReplicaRecord, 'replica'>): void {
    const attempt = this.#attemptOf(record)
    if (attempt !== undefined) attempt.setbacks = { ...attempt.setbacks, reason: '' }
    this.nudge(record.replica.fn)
  }

  async stop(): Promise<void> {
    this.#isStopping = true
    this.#attempts.interrupt()
    for (const name of this.#desired.keys()) this.#cancelRetries(name)
    await this.#queue.stop()
    await this.#attempts.settled()
  }

  async #round(name: FunctionName): Promise<void> {
    const { isUp, retire } = this.#options
    if (!isUp() || this.#isStopping) return
    const desired = this.#desired.get(name)
    const plan = this.#plan(name)
    for (const { id, why } of plan.retire) retire(id, why)
    if (desired === undefined) return
    this.settleRest(name)
    // First the revision that can take calls at once.
    if (desired.lastGood !== null) await this.#attempts.carryOut(desired.lastGood, plan.restore, true)
    await this.#attempts.carryOut(desired.newest, plan.create, false)
  }

  #plan(name: FunctionName): ReconcilePlan {
    const { table, inFlight } = this.#options
    const desired = this.#desired.get(name)
    const seen = table.of(name).map((record) => observed(record, inFlight(record.replica.id)))
    return planReplicas(desired === undefined ? null : wanted(desired, seen), seen)
  }

  #cancelRetries(name: FunctionName): void {
    const desired = this.#desired.get(name)
    for (const attempt of desired === undefined ? [] : attemptsOf(desired)) attempt.cancelRetry()
  }

  #attemptOf({ replica }: Pick<ReplicaRecord, 'replica'>): Attempt | undefined {
    return this.#attempt(replica.fn, replica.revision)
  }

  #attempt(name: FunctionName, revision: number): Attempt | undefined {
    const desired = this.#desired.get(name)
    return desired && attemptsOf(desired).find(({ fn }) => fn.revision === revision)
  }
}

/**
 * The input of the plan. Notes whether the last good revision was seen running: if it was not, the start of a
 * newest one is no reason to start it too.
 */
function wanted(desired: Desired, seen: readonly ObservedReplica[]): DesiredReplicas {
  const { newest, lastGood } = desired
  const { revision, createdAtMs, replicas } = newest.fn
  const good = lastGood?.fn.revision ?? null
  desired.wasServed ||= seen.some((replica) => replica.revision === good && replica.condition === 'alive')
  const needsLastGood = desired.wasServed || newest.setbacks.count > 0 || newest.isFetching
  const isResting = newest.fn.isResting === true
  return { revision, deployedAtMs: createdAtMs, replicas, lastGood: good, needsLastGood, isResting }
}

function observed(record: ReplicaRecord, calls: number): ObservedReplica {
  const { replica, identity } = record
  return {
    id: replica.id,
    revision: replica.revision,
    deployedAtMs: identity.deployedAtMs,
    condition: conditionOf(record),
    isReady: isAvailable(replica),
    isFrozen: replica.state === 'frozen',
    calls,
    canFreeze: !record.isUnfreezable && calls === 0,
  }
}

function conditionOf({ replica, isRunning, isFailed }: ReplicaRecord): ObservedReplica['condition'] {
  if (replica.state === 'draining') return 'leaving'
  if (!isRunning) return 'dead'
  return isFailed ? 'failed' : 'alive'
}
