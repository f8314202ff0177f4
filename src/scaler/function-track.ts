import { USUAL_REPLICA_BYTES } from '../core/scaling/host-budget.ts'
import type { DeployedFunction } from '../core/functions/function-spec.ts'
import { parseMemoryBytes } from '../core/functions/resources.ts'
import { functionPolicy, type ScalingDefaults, type ScalingPolicy } from '../core/scaling/scaling-labels.ts'
import { LoadWindow, type CallCounters } from './load-window.ts'
import { RecommendationWindow } from './recommendation-window.ts'
import { UsageWindow } from './usage-window.ts'

/** Least count that an alert asks for, until it ends or was not repeated in time. */
interface Floor {
  readonly replicas: number
  readonly untilMs: number
}

/** What the scaler remembers of one function. */
export class FunctionTrack {
  fn: DeployedFunction
  policy: ScalingPolicy
  /** Memory that one replica may take. */
  replicaBytes: number
  /** Null until it is called: most functions of a host are not. */
  calls: LoadWindow | null = null
  readonly usage = new UsageWindow()
  readonly recommendations = new RecommendationWindow()
  floor: Floor | null = null
  /** An alert has raised it. */
  isRaised = false
  /** When it was last called, changed, or scaled by somebody else. */
  activeAtMs: number
  /** When it was last told to rest. */
  restedAtMs = 0
  downAtMs = -Infinity
  /** When it was last seen in trouble. */
  troubledAtMs = -Infinity
  /** The host has less room than the load asks for, and that was told. */
  isLimited = false
  /** Writing the count failed, and that was told. */
  isFailing = false
  /** A call waits or was refused, and the extra look for it is to come. */
  isNudged = false
  /** When that was last so. */
  nudgedAtMs = -Infinity
  /** The count that the scaler itself has set last. */
  expected: number
  /** Recommended last, for metrics. */
  recommended: number
  readonly #defaults: ScalingDefaults

  constructor(fn: DeployedFunction, defaults: ScalingDefaults, nowMs: number) {
    this.fn = fn
    this.#defaults = defaults
    this.policy = functionPolicy(fn.spec, defaults)
    this.replicaBytes = replicaBytesOf(fn)
    this.activeAtMs = nowMs
    this.restedAtMs = nowMs
    this.expected = fn.replicas
    this.recommended = fn.replicas
    // Nothing is known of the load before: the present count holds for one window.
    this.recommendations.add(nowMs, fn.replicas)
  }

  /** Another revision, count or rest is desired. Answers whether somebody else has changed the count. */
  become(fn: DeployedFunction, nowMs: number): boolean {
    const before = this.fn
    this.fn = fn
    if (fn.revision !== before.revision) {
      this.policy = functionPolicy(fn.spec, this.#defaults)
      this.replicaBytes = replicaBytesOf(fn)
      this.activeAtMs = nowMs
    }
    if (fn.replicas === before.replicas || fn.replicas === this.expected) return false
    this.expected = fn.replicas
    this.activeAtMs = nowMs
    this.recommendations.add(nowMs, fn.replicas)
    return true
  }

  /** Reads what was counted; answers whether there were calls since the last time. */
  sample(nowMs: number, counters: CallCounters): boolean {
    const second = Math.floor(nowMs / 1_000)
    this.calls ??= counters.started === 0 ? null : new LoadWindow(second)
    if (this.calls === null) return false
    const isNew = this.calls.hasNews(counters)
    if (isNew) this.activeAtMs = nowMs
    else if (this.calls.isSilent) return false
    this.calls.sample(second, counters)
    if (this.policy.type === 'latency') this.calls.sampleDurations(counters)
    return isNew
  }

  floorAt(nowMs: number): number {
    if (this.floor !== null && nowMs > this.floor.untilMs) this.floor = null
    return this.floor?.replicas ?? 0
  }

  /** Memory that its replicas may take together; frozen ones take none that others could not have. */
  get usedBytes(): number {
    return this.fn.isResting === true ? 0 : this.fn.replicas * this.replicaBytes
  }

  get isStatic(): boolean {
    return this.policy.min === this.policy.max
  }

  /** The count can be decided: there is something to decide by. */
  get isDecidable(): boolean {
    const { type, min } = this.policy
    if (this.isStatic || this.fn.replicas === 0 || this.fn.isResting === true) return false
    if (type === null) return this.isRaised || this.floor !== null
    if (type === 'cpu' || type === 'memory' || type === 'queue') return true
    return this.fn.replicas !== min || this.floor !== null || this.calls?.isSilent === false
  }
}

/** A limit that an older release accepted and nobody can read is ignored. */
function replicaBytesOf({ spec }: DeployedFunction): number {
  try {
    return parseMemoryBytes('limits.memory', spec.limits?.memory ?? '') || USUAL_REPLICA_BYTES
  } catch {
    return USUAL_REPLICA_BYTES
  }
}
