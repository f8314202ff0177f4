import { useSignal } from '@preact/signals'
import { Segments } from '../parts/fields.tsx'
import { Empty, Loading, Problem } from '../parts/notice.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { When } from '../parts/when.tsx'
import { ThingsHead } from '../parts/things-head.tsx'
import { getIfThere, must, query } from '../state/api.ts'
import { useAction, useLoaded } from '../state/load.ts'
import { isDisconnected } from '../state/overview.ts'
import { place, setQuery } from '../state/router.ts'
import { functionPath } from '../state/routes.ts'
import type { AsyncCall } from '../state/wire.ts'
import { now } from '../state/clock.ts'
import { DASH, figure, millis, span, timeOf } from '../text/format.ts'

const STATES: readonly (readonly [string, string])[] = [
  ['', 'All'],
  ['queued', 'Waiting'],
  ['running', 'Running'],
  ['waiting', 'Retry'],
  ['succeeded', 'Done'],
  ['dead', 'Dead'],
]
const EVERY_MS = 3000

export function Calls({ fn }: { readonly fn: string }) {
  const state = place.value.query.get('state') ?? ''
  const path = `/system/async/calls${query({ state, function: fn, limit: 100 })}`
  const { value, problem, again } = useLoaded(
    path,
    (signal) => getIfThere<{ calls?: readonly AsyncCall[]; next?: string }>(path, { signal }),
    EVERY_MS,
  )
  const calls = value.value?.calls
  return (
    <section class="card" aria-label="Calls">
      <header class="scroll">
        <Segments label="State" value={state} options={STATES} onChange={(next) => setQuery('state', next)} />
        {value.value?.next !== undefined && <span class="push muted small">the newest 100</span>}
      </header>
      <Problem of={problem.value} again={again} />
      {value.value === undefined && problem.value === '' && <Loading />}
      {calls?.length === 0 && <Empty>No call{state === '' ? '' : ' in this state'}.</Empty>}
      {calls !== undefined && calls.length > 0 && (
        <table class="things">
          <ThingsHead
            columns={['Call id', 'Function', 'State', 'Accepted', '#Tries', 'Next try', '#Status', '#Time']}
          />
          <tbody>
            {calls.map((call) => (
              <Line key={call.id} call={call} onChange={again} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

const WAITS = new Set(['queued', 'running', 'waiting'])

function Line({ call, onChange }: { readonly call: AsyncCall; readonly onChange: () => void }) {
  const action = useAction()
  const said = useSignal('')
  const next = timeOf(call.nextAt)
  const id = call.callId ?? call.id
  const cancel = async (): Promise<void> => {
    if (await action.run(() => must(`/async-function/${encodeURIComponent(id)}`, { method: 'DELETE' })))
      onChange()
    said.value = action.problem.value
  }
  return (
    <tr>
      <td>
        <code>{id}</code>
      </td>
      <td>
        <a data-row href={functionPath(call.namespace ?? 'openfaas-fn', call.name ?? '', 'queue')}>
          {call.name ?? DASH}
        </a>
      </td>
      <td>
        <StateMark of={call.state} title={call.error} />
      </td>
      <td class="when">
        <When ms={timeOf(call.enqueuedAt)} suffix=" ago" />
      </td>
      <td class="num" data-label="tries">
        {figure(call.attemptCount)}
      </td>
      <td>{next === undefined || next < now.value ? '' : `in ${span(next - now.value)}`}</td>
      <td class="num">{call.status === undefined ? DASH : call.status}</td>
      <td class="num">{call.durationSeconds === undefined ? DASH : millis(call.durationSeconds * 1000)}</td>
      <td class="num end">
        {WAITS.has(call.state ?? '') && (
          <button
            class="btn tiny"
            type="button"
            disabled={isDisconnected.value}
            onClick={() => void cancel()}
          >
            Cancel<span class="sr"> {id}</span>
          </button>
        )}
        <span class="bad-text" role="status">
          {said}
        </span>
      </td>
    </tr>
  )
}
