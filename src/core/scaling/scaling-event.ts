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
