import { computed, signal } from '@preact/signals'
import { ApiError, ask, getIfThere, sentence } from './api.ts'
import { fromList } from './older.ts'
import { Poll } from './poll.ts'
import { isActive, token } from './session.ts'
import { recall, remember } from './storage.ts'
import type { Attention, HostFigures, Overview, OverviewRow, QueueFigures } from './wire.ts'

export const rows = signal<ReadonlyMap<string, OverviewRow>>(new Map())
export const host = signal<HostFigures>({})
export const queue = signal<QueueFigures | null>({})
export const attention = signal<readonly Attention[]>([])
/** Epoch milliseconds of the last answer, by the clock of this browser; 0 before the first. */
export const lastAnswerMs = signal(0)
export const failures = signal(0)
export const problem = signal('')
/** Calls a second in each minute of the last hour, by `NAME.NAMESPACE`. */
export const sparks = signal<Readonly<Record<string, readonly number[]>>>({})
export const namespace = signal(recall('namespace') ?? '')

/** Two polls in a row had no answer: what is shown is old, and nothing can be changed. */
export const isDisconnected = computed(() => failures.value >= 2)

export const keyOf = (row: { readonly name: string; readonly namespace: string }): string =>
  `${row.name}.${row.namespace}`

export const namespaces = computed(() =>
  [...new Set([...rows.value.values()].map((row) => row.namespace))].toSorted(),
)

export function choose(value: string): void {
  namespace.value = value
  remember('namespace', value === '' ? null : value)
}

let version: string | undefined

async function poll(): Promise<void> {
  const since = version === undefined ? '' : `?since=${encodeURIComponent(version)}`
  const headers: Record<string, string> = version === undefined ? {} : { 'If-None-Match': `"${version}"` }
  const answer = await ask(`/system/overview${since}`, { headers })
  if (answer.status === 304) return
  if (answer.status === 404) return take(await fromList(), true)
  if (!answer.ok) throw new ApiError(answer.status, `The daemon answered ${answer.status}`)
  const value: unknown = await answer.json()
  take(value as Overview, since === '')
}

function take(overview: Overview, isWhole: boolean): void {
  const next = new Map(isWhole ? [] : rows.value)
  for (const gone of overview.gone ?? []) next.delete(gone)
  for (const row of overview.functions ?? []) next.set(keyOf(row), row)
  rows.value = next
  host.value = overview.host ?? host.value
  if (overview.queue !== undefined) queue.value = overview.queue
  attention.value = overview.attention ?? attention.value
  version = overview.version === undefined ? undefined : String(overview.version)
}

const overviewPoll = new Poll({
  ask: () =>
    poll().catch((error: unknown) => {
      problem.value = sentence(error)
      throw error
    }),
  isHidden: () => document.hidden,
  isIdle: () => !isActive(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms)
    return () => clearTimeout(timer)
  },
  onOutcome: (count) => {
    failures.value = count
    if (count > 0) {
      // What a restarted daemon counts from is not what this one did.
      version = undefined
      return
    }
    problem.value = ''
    lastAnswerMs.value = Date.now()
  },
})

/** After a change that the user asked for: the truth, at once. */
export const refresh = (): void => overviewPoll.now()

const SPARKS_MS = 60_000

async function pollSparks(): Promise<void> {
  if (document.hidden || token.value === null) return
  const answer = await getIfThere<{ functions?: Record<string, readonly number[]> }>(
    '/system/metrics/calls',
  ).catch(() => undefined)
  if (answer?.functions !== undefined) sparks.value = answer.functions
}

export function watchOverview(): void {
  overviewPoll.start()
  void pollSparks()
  setInterval(() => void pollSparks(), SPARKS_MS)
  document.addEventListener('visibilitychange', refresh)
  addEventListener('online', refresh)
}
