import { Choice } from '../parts/fields.tsx'
import { Page, Problem } from '../parts/notice.tsx'
import type { Named } from '../state/actions.ts'
import { getIfThere } from '../state/api.ts'
import { useLoaded, type Loaded } from '../state/load.ts'
import { queue } from '../state/overview.ts'
import { place, setQuery } from '../state/router.ts'
import type { QueueOf } from '../state/wire.ts'
import { Calls } from './calls.tsx'
import { DeadLetters } from './dead-letters.tsx'
import { QueueCard } from './queue-card.tsx'

const EVERY_MS = 3000

function useQueues(): Loaded<readonly QueueOf[] | undefined> {
  return useLoaded(
    'queues',
    (signal) => getIfThere<readonly QueueOf[]>('/system/async/queues', { signal }),
    EVERY_MS,
  )
}

/** `function` of the filter, as the API takes it. */
export const functionOf = ({ name, namespace }: Named): string => `${name}.${namespace}`

export function QueuePage() {
  const queues = useQueues()
  const { tab, query } = place.value
  const fn = query.get('function') ?? ''
  const names = [
    ...new Set(
      (queues.value.value ?? []).flatMap(({ functions = [] }) =>
        functions.map((f) => `${f.name}.${f.namespace ?? 'openfaas-fn'}`),
      ),
    ),
  ]
  const search = fn === '' ? '' : `?function=${encodeURIComponent(fn)}`
  return (
    <Page
      title="Queue"
      tools={
        <Choice
          label="Function"
          value={fn}
          options={[
            ['', 'all functions'],
            ...[...new Set([...names, fn])].filter(Boolean).map((name) => [name, name] as const),
          ]}
          onChange={(value) => setQuery('function', value)}
        />
      }
    >
      <Problem of={queues.problem.value} again={queues.again} />
      {queue.value?.ok === false && (
        <Problem
          of={`The queue is away: ${queue.value?.reason ?? ''}. Calls that are made now are refused or kept until it is back.`}
        />
      )}
      {queue.value === null && <p class="notice">Asynchronous calls are switched off on this host.</p>}
      {queues.value.value?.map((one) => (
        <QueueCard key={one.queue} of={one} onChange={queues.again} />
      ))}
      <nav class="tabs" aria-label="Calls">
        <a href={`/ui/queue${search}`} aria-current={tab === '' || tab === 'calls' ? 'page' : undefined}>
          Calls
        </a>
        <a href={`/ui/queue/dead${search}`} aria-current={tab === 'dead' ? 'page' : undefined}>
          Dead letters
          {(queue.value?.dead ?? 0) > 0 && <span class="count bad"> {queue.value?.dead}</span>}
        </a>
      </nav>
      {tab === 'dead' ? <DeadLetters fn={fn} /> : <Calls fn={fn} />}
    </Page>
  )
}

export function QueueOfFunction({ of }: { readonly of: Named }) {
  return (
    <>
      <Calls fn={functionOf(of)} />
      <h2>Dead letters</h2>
      <DeadLetters fn={functionOf(of)} />
    </>
  )
}
