import type { FunctionName } from '../functions/function-name.ts'

/** What was decided about a function. */
export type ScalingEventKind =
  /** Another number of replicas, by the load or by an alert. */
  | 'scaled'
  /** Idle: its replicas may be frozen. */
  | 'rested'
  /** Idle for long, or memory was short: its replicas are removed. */
  | 'removed'
  /** Called, or scaled by hand, after it had rested or was at zero. */
  | 'woken'
  /** The load asks for more replicas than the host has room for. */
  | 'limited'
  /** An alert is firing, or has ended. */
  | 'alert'
  /** A new revision is rolled out. */
  | 'updated'
  /** An earlier revision is rolled out again. */
  | 'rolled-back'
  /** The revision that was rolled out takes the calls. */
  | 'serving'
  /** It takes calls, but by an older revision or with fewer replicas than it should, since something is wrong. */
  | 'degraded'
  /** It takes no calls, since something is wrong. */
  | 'failing'
  /** It takes calls again as it should. */
  | 'recovered'

export interface ScalingEvent {
  /** Grows with every event of this process. */
  readonly id: number
  readonly fn: FunctionName
  /** Milliseconds since the epoch. */
  readonly atMs: number
  readonly kind: ScalingEventKind
  /** Desired replicas before and after. */
  readonly from: number
  readonly to: number
  /** Why, for a person. */
  readonly reason: string
}
