import { callPolicy, type CallPolicy } from '../core/calls/call-policy.ts'
import { DEFAULT_NAMESPACE, nameOf, namespaceOf, type FunctionName } from '../core/functions/function-name.ts'
import { pickReplica } from '../core/calls/pick-replica.ts'
import type { DeployedFunction } from '../core/functions/function-spec.ts'
import type { Replica } from '../core/provider/replica.ts'
import { CallMetrics } from './call-metrics.ts'
import { PlaceQueue, type PlaceWaiter } from './waiting/place-queue.ts'
import { Target, type TargetShared } from './target.ts'

/** One registered function as the call path sees it: its callable replicas, its policy and its counts. */
export class Route {
  readonly fn: FunctionName
  readonly metrics: CallMetrics
  /** Of the newest revision. Running calls keep the policy that they started with. */
  policy: CallPolicy
  readonly #shared: TargetShared
  /** Null while no call has had to wait for a replica with room. */
  #queue: PlaceQueue | null = null
  #ready: readonly Target[] = []
  #turn = 0
  #isRemoved = false

  constructor(fn: FunctionName, policy: CallPolicy, shared: TargetShared) {
    this.fn = fn
    this.policy = policy
    this.metrics = new CallMetrics(fn)
    this.#shared = shared
  }

  /** The function is gone. Its name may be in use again, by another route. */
  get isRemoved(): boolean {
    return this.#isRemoved
  }

  retire(): void {
    this.#isRemoved = true
    this.setReady([])
  }

  /** The least busy ready replica, if there is one. */
  pick(): Target | undefined {
    this.#turn = (this.#turn + 1) & 0xffff
    return pickReplica(this.#ready, this.#turn)
  }

  /** Whether this replica, the least busy one, has as many calls as it takes, and calls wait for a place. */
  isFull({ inFlight }: Target): boolean {
    const { places } = this.policy
    return places !== null && inFlight >= places.perReplica.most
  }

  /** Calls that wait for a replica with room. */
  get queued(): number {
    return this.#queue?.size ?? 0
  }

  /** The call waits for a replica with room; false when as many wait already as may. */
  queueUp(waiter: PlaceWaiter): boolean {
    const { places, waiting } = this.policy
    this.#queue ??= new PlaceQueue(this.#shared.clock)
    if (places === null || this.#queue.size >= waiting.most) return false
    this.#queue.wait(waiter, places.wait)
    return true
  }

  /** It waits no longer. Does nothing for one that did not wait. */
  leaveQueue(waiter: PlaceWaiter): void {
    this.#queue?.leave(waiter)
  }

  /** There may be room: lets calls in that wait for it. */
  admit(): void {
    if (this.#queue === null || this.#queue.size === 0) return
    this.#queue.admit(() => {
      const target = this.pick()
      // Without a replica they are to wait for one.
      return target === undefined || !this.isFull(target)
    })
  }

  /**
   * The whole list of callable replicas. Replicas that are no longer in it finish their calls and get no new
   * ones.
   */
  setReady(ready: readonly Replica[]): void {
    const before = this.#ready
    this.#ready = ready.map(
      (replica) => before.find((target) => isSame(target.replica, replica)) ?? this.#target(replica),
    )
    for (const target of before) {
      if (!this.#ready.includes(target)) target.retire()
    }
    this.admit()
  }

  /** The target of a replica that was reported ready, even if the list does not have it yet. */
  take(replica: Replica): Target {
    const known = this.#ready.find((target) => isSame(target.replica, replica))
    if (known !== undefined) return known
    const target = this.#target(replica)
    this.#ready = [...this.#ready, target]
    return target
  }

  /** Gets no calls until the list is set again. */
  leaveOut(target: Target): void {
    this.#ready = this.#ready.filter((one) => one !== target)
    target.retire()
  }

  #target(replica: Replica): Target {
    return new Target(replica, this.#shared)
  }
}

/**
 * Maps the text in a URL to a route. Holds registered functions only, so that invented names cost nothing.
 * Filled by `assemble/`.
 */
export class RouteTable {
  readonly #shared: TargetShared
  readonly #usual: CallPolicy
  readonly #byText = new Map<string, Route>()
  readonly #byName = new Map<FunctionName, Route>()

  /** `usual`: for functions that say nothing of their calls. */
  constructor(shared: TargetShared, usual: CallPolicy) {
    this.#shared = shared
    this.#usual = usual
  }

  /** `text` is `name` or `name.namespace`. */
  find(text: string): Route | undefined {
    return this.#byText.get(text)
  }

  /** Adds a function, or its new revision. A known function keeps its counts. */
  add({ spec }: Pick<DeployedFunction, 'spec'>): Route {
    const { name: fn } = spec
    const policy = callPolicy(spec, this.#usual)
    const known = this.#byName.get(fn)
    if (known !== undefined) {
      known.policy = policy
      known.admit()
      return known
    }
    const route = new Route(fn, policy, this.#shared)
    this.#byName.set(fn, route)
    for (const text of textsOf(fn)) this.#byText.set(text, route)
    return route
  }

  /** New calls no longer find it; running ones may finish. */
  remove(fn: FunctionName): void {
    this.#byName.get(fn)?.retire()
    this.#byName.delete(fn)
    for (const text of textsOf(fn)) this.#byText.delete(text)
  }

  /** Leaves every replica. Functions stay known. */
  clear(): void {
    for (const route of this.#byName.values()) route.setReady([])
  }

  /** Ignored for a function that is not registered. */
  setReady(fn: FunctionName, ready: readonly Replica[]): void {
    this.#byName.get(fn)?.setReady(ready)
  }

  /**
   * The replica no longer answers at this address: ends every connection to it, including those of running
   * calls. Set the ready list first.
   */
  cut(replica: Replica): void {
    for (const [connection, target] of this.#shared.connections) {
      if (!isSame(target.replica, replica)) continue
      target.isLost = true
      connection.break(new Error('it was taken out of its network'))
    }
  }

  /** What was counted, function by function. */
  *metrics(): Iterable<CallMetrics> {
    for (const route of this.#byName.values()) yield route.metrics
  }

  metricsOf(fn: FunctionName): CallMetrics | undefined {
    return this.#byName.get(fn)?.metrics
  }
}

function textsOf(fn: FunctionName): readonly string[] {
  return namespaceOf(fn) === DEFAULT_NAMESPACE ? [fn, nameOf(fn)] : [fn]
}

function isSame(one: Replica, other: Replica): boolean {
  return one.id === other.id && one.host === other.host && one.port === other.port
}
