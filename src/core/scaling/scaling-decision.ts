import type { ScalingPolicy } from './scaling-labels.ts'

/** Load of a function, all replicas together; of `latency` the time of a call. */
export interface Load {
  /** What may add replicas: looks at a short time. */
  readonly up: number
  /** What may take some away. */
  readonly down: number
}

/** A function as it is when its count is decided. */
export interface ScalingFacts {
  readonly desired: number
  readonly ready: number
  /** Null: nothing is measured. Its minimum is enough. */
  readonly load: Load | null
  /** Replicas that this host has room for. */
  readonly room: number
}

/** How many replicas the load asks for. */
export interface Recommendation {
  /** Within the labels and the host. */
  readonly replicas: number
  /** Within the labels only. */
  readonly wanted: number
}

/** Change of load that changes nothing. */
const TOLERANCE = 0.1
/** Sums of floating point numbers land a little above whole ones. */
const EPSILON = 1e-9
/** Replicas are taken away once in this time. */
export const DOWN_INTERVAL_MS = 30_000

/** Replicas for the load of now: the larger of what may add and what may not yet be taken away. Pure. */
export function recommend(policy: ScalingPolicy, facts: ScalingFacts): Recommendation {
  const { desired, load } = facts
  const wanted =
    load === null ? policy.min : Math.max(forLoad(policy, facts, load.up), forLoad(policy, facts, load.down))
  // Never below what runs: a full host takes nothing away.
  const most = Math.max(Math.min(policy.max, facts.room), Math.min(policy.max, desired))
  return { wanted, replicas: clamp(wanted, policy.min, most) }
}

function forLoad(policy: ScalingPolicy, { ready, desired }: ScalingFacts, load: number): number {
  const perReplica = policy.target * policy.proportion
  const raw = policy.type === 'latency' ? (ready * load) / perReplica : load / perReplica
  const count = Math.ceil(raw - EPSILON)
  const isNear = ready > 0 && count >= 1 && Math.abs(raw / ready - 1) <= TOLERANCE + EPSILON
  return clamp(isNear ? desired : count, policy.min, policy.max)
}

/** What a change of the count is decided by. */
export interface StepFacts {
  readonly desired: number
  readonly ready: number
  /** Recommended now. */
  readonly recommended: number
  /** The most that was recommended within the window, now included. */
  readonly held: number
  /** Least that an alert asks for; 0 for none. */
  readonly floor: number
  /** Since replicas were last taken away. */
  readonly sinceDownMs: number
  readonly cores: number
}

/** The count from now on: up at once but in steps, down slowly. Pure. */
export function nextCount(facts: StepFacts): number {
  const { desired, ready, recommended, held, floor, sinceDownMs, cores } = facts
  const step = cores <= 2 ? ready + 1 : Math.max(2 * ready, ready + 2)
  const raised = Math.max(Math.min(recommended, Math.max(step, desired)), floor)
  if (raised > desired) return raised

  const least = Math.max(held, recommended, floor)
  if (least >= desired || sinceDownMs < DOWN_INTERVAL_MS) return desired
  return Math.max(least, desired - Math.max(1, Math.ceil(ready / 2)))
}

function clamp(value: number, least: number, most: number): number {
  return Math.max(least, Math.min(most, value))
}
