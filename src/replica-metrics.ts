import type { FunctionName } from './core/functions/function-name.ts'
import type { RestFigures } from './core/provider/provider.ts'
import type { LabelledMetric, Sample } from './queue-metrics.ts'

/** How the replicas of a function stand. */
export interface FunctionReplicas {
  readonly fn: FunctionName
  readonly desired: number
  readonly ready: number
  /** Replicas that ran out of memory since the start. */
  readonly outOfMemory: number
  readonly rests: RestFigures
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

/** The value of a metric for one function; null: it is not shown. */
type Read = (one: FunctionReplicas) => number | null

const PER_FUNCTION: readonly (readonly [name: string, help: string, read: Read])[] = [
  ['gateway_service_count', 'Replicas wanted', ({ desired }) => desired],
  ['gateway_service_ready_count', 'Replicas that can be called', ({ ready }) => ready],
  ['gateway_service_min', 'Least replicas by load', ({ scaling }) => scaling?.min ?? 1],
  ['gateway_service_max', 'Most replicas by load', ({ scaling }) => scaling?.max ?? 1],
  [
    'sampan_scale_recommended',
    'Replicas that the load asks for',
    ({ scaling, desired }) => scaling?.recommended ?? desired,
  ],
  [
    'sampan_scale_limited',
    'Whether the host has no room for the replicas that the load asks for',
    ({ scaling }) => (scaling?.isLimited === true ? 1 : 0),
  ],
  ['sampan_replica_oom_total', 'Replicas that ran out of memory', ({ outOfMemory }) => outOfMemory],
  [
    'sampan_freeze_failures_total',
    'Freezes and thaws that were refused',
    ofRests(({ failures }) => failures),
  ],
  ['sampan_freezes_total', 'Replicas that were frozen', ofRests(({ freezes }) => freezes)],
  ['sampan_freeze_seconds_total', 'Time that freezes took', ofRests(({ freezeSeconds }) => freezeSeconds)],
  ['sampan_thaws_total', 'Replicas that were thawed', ofRests(({ thaws }) => thaws)],
  ['sampan_thaw_seconds_total', 'Time that thaws took', ofRests(({ thawSeconds }) => thawSeconds)],
]

/** What is shown of replicas and scaling, function by function. */
export function replicaMetrics(replicas: () => Iterable<FunctionReplicas>): readonly LabelledMetric[] {
  const perFunction = PER_FUNCTION.map(([name, help, read]): LabelledMetric => {
    return { name, help, labelNames: ['function_name'], read: () => samples(replicas(), read) }
  })
  return [
    ...perFunction,
    {
      name: 'gateway_service_target_load',
      help: 'Load that one replica should have',
      labelNames: ['function_name', 'scaling_type'],
      read: () =>
        [...replicas()].flatMap(({ fn, scaling }) => {
          if (scaling === undefined) return []
          return [
            { labels: { function_name: fn, scaling_type: scaling.type ?? 'other' }, value: scaling.target },
          ]
        }),
    },
  ]
}

function* samples(replicas: Iterable<FunctionReplicas>, read: Read): Iterable<Sample> {
  for (const one of replicas) {
    const value = read(one)
    if (value !== null) yield { labels: { function_name: one.fn }, value }
  }
}

/** Most functions never rest: they are left out. */
function ofRests(read: (rests: RestFigures) => number): Read {
  return ({ rests }) => (rests.freezes + rests.thaws + rests.failures === 0 ? null : read(rests))
}
