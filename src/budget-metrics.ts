import type { CallFigures, EdgeFigures } from './core/figures.ts'

/** Bodies of API requests. */
export interface ApiBodies {
  /** What they hold in memory now. */
  readonly usedBytes: number
  /** Requests that were refused because all of them together were too large, ever. */
  readonly refused: number
}

/** What clients share, and how it stands. `assemble/` plugs it. */
export interface BudgetSources {
  readonly calls: () => CallFigures
  readonly apiBodies: ApiBodies
  /** What the settings and the descriptors of the process allow. */
  readonly limits: { readonly connections: number; readonly calls: number; readonly descriptors: number }
}

/** A metric with one value: its name, its help and how it is read. Names of counters end with `_total`. */
export type PlainMetric = readonly [name: string, help: string, read: () => number]

/** The metrics of the budgets. Each is read when somebody scrapes. */
export function budgetMetrics({ calls, apiBodies, limits }: BudgetSources): readonly PlainMetric[] {
  return [...callMetrics(calls, limits), ...apiMetrics(apiBodies)]
}

type Limits = BudgetSources['limits']

/** The same for clients' connections. */
export function edgeMetrics(edge: () => EdgeFigures, limits: Limits): readonly PlainMetric[] {
  const connections = 'sampan_edge_connections'
  return [
    [connections, "Clients' connections that are open", () => edge().open],
    [`${connections}_limit`, "Clients' connections that may be open", () => limits.connections],
    [`${connections}_evicted_total`, 'Waiting connections closed for new ones', () => edge().evicted],
    [
      `${connections}_refused_total`,
      'Connections refused, as all others were busy or their client came too fast',
      () => edge().refused,
    ],
    [
      'sampan_edge_unfinished_head_bytes',
      'What unfinished request heads hold in memory',
      () => edge().unfinishedHeadBytes,
    ],
    [
      'sampan_edge_heads_given_up_total',
      'Unfinished request heads given up for others',
      () => edge().shedHeads,
    ],
    [
      'sampan_edge_waiting_body_bytes',
      'Parts of request bodies that wait for their functions',
      () => edge().waitingBodyBytes,
    ],
    [
      'sampan_edge_bodies_refused_total',
      'Calls refused because too much of request bodies waited',
      () => edge().refusedBodies,
    ],
    ['process_max_fds', 'File descriptors that the daemon may have', () => limits.descriptors],
  ]
}

function callMetrics(calls: BudgetSources['calls'], limits: Limits): readonly PlainMetric[] {
  return [
    ['sampan_calls', 'Calls that run or wait now, of all functions', () => calls().inFlight],
    ['sampan_calls_limit', 'Calls that may run or wait at a time', () => limits.calls],
    [
      'sampan_calls_refused_total',
      'Calls refused because too many ran or waited in all',
      () => calls().refused,
    ],
    [
      'sampan_calls_of_function_refused_total',
      'Calls refused because too many of their function ran or waited',
      () => calls().refusedOfFunction,
    ],
    [
      'sampan_upstream_idle_connections',
      'Connections to functions that wait for a next call',
      () => calls().idleUpstreams,
    ],
  ]
}

function apiMetrics(bodies: ApiBodies): readonly PlainMetric[] {
  return [
    ['sampan_api_body_bytes', 'What the bodies of API requests hold in memory', () => bodies.usedBytes],
    [
      'sampan_api_body_refused_total',
      'API requests refused because the bodies of all together were too large',
      () => bodies.refused,
    ],
  ]
}
