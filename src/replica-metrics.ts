import type { FunctionName } from './core/functions/function-name.ts'
import type { LabelledMetric, Sample } from './queue-metrics.ts'

export interface FunctionReplicas {
  readonly fn: FunctionName
  readonly desired: number
  readonly ready: number
  /** Replicas that ran out of memory since the start. */
  readonly outOfMemory: number
  /** How it is scaled; absent while nobody knows. */
  readonly scaling?: {
    readonly min: number
    readonly max: number
    readonly target: number
    readonly type: string | null
    /** What the load asks for. */
    readonly recommended: number
    /** The host has no room for that. */
    readonly isLimited: boolean
  }
}

/** What is shown of the replicas of functions and of their scaling. */
export function replicaMetrics(replicas: () => Iterable<FunctionReplicas>): readonly LabelledMetric[] {
  const each = (name: string, help: string, value: (one: FunctionReplicas) => number): LabelledMetric => ({
    name,
    help,
    labelNames: ['function_name'],
    read: () => Array.from(replicas(), (one) => ({ labels: { function_name: one.fn }, value: value(one) })),
  })
  return [
    each('gateway_service_count', 'Replicas wanted', ({ desired }) => desired),
    each('gateway_service_ready_count', 'Replicas that can be called', ({ ready }) => ready),
    each('gateway_service_min', 'Least replicas by load', ({ scaling }) => scaling?.min ?? 1),
    each('gateway_service_max', 'Most replicas by load', ({ scaling }) => scaling?.max ?? 1),
    each(
      'sampan_scale_recommended',
      'Replicas that the load asks for',
      ({ scaling, desired }) => scaling?.recommended ?? desired,
    ),
    each(
      'sampan_scale_limited',
      'Whether the host has no room for the replicas that the load asks for',
      ({ scaling }) => (scaling?.isLimited === true ? 1 : 0),
    ),
    each('sampan_replica_oom_total', 'Replicas that ran out of memory', ({ outOfMemory }) => outOfMemory),
    {
      name: 'gateway_service_target_load',
      help: 'Load that one replica should have',
      labelNames: ['function_name', 'scaling_type'],
      read: () => Array.from(replicas()).flatMap(targetOf),
    },
  ]
}

function targetOf({ fn, scaling }: FunctionReplicas): readonly Sample[] {
  if (scaling === undefined) return []
  return [{ labels: { function_name: fn, scaling_type: scaling.type ?? 'other' }, value: scaling.target }]
}
