import { Empty, Loading, Problem } from '../parts/notice.tsx'
import { getIfThere, query } from '../state/api.ts'
import type { Named } from '../state/actions.ts'
import { systemPath } from '../state/actions.ts'
import { shownEvents } from '../state/events.ts'
import { useLoaded, type Loaded } from '../state/load.ts'
import type { EventLine, FunctionStatus } from '../state/wire.ts'
import { clock, moment } from '../text/format.ts'

function useDecisions(of: Named): Loaded<readonly EventLine[] | undefined> {
  const path = `/system/events${query({ name: of.name, namespace: of.namespace })}`
  return useLoaded(path, (signal) => getIfThere<readonly EventLine[]>(path, { signal }), 5000)
}

export function DecisionsCard({ of }: { readonly of: Named }) {
  const { value, problem, again } = useDecisions(of)
  const events = shownEvents(value.value).slice(0, 5)
  return (
    <section class="card" aria-label="What the scaler did">
      <header>
        <h2>What the scaler did</h2>
      </header>
      <Problem of={problem.value} again={again} />
      <ul class="list">
        {events.map((event) => (
          <li key={event.key}>
            <time class="mono" title={moment(event.atMs)}>
              {clock(event.atMs).slice(0, 5)}
            </time>
            {event.kind}
            <span class="push small muted">{event.text}</span>
          </li>
        ))}
        {events.length === 0 && <li class="muted">Nothing of late.</li>}
      </ul>
    </section>
  )
}

export function ScalingTab({ of }: { readonly of: Named }) {
  const path = systemPath(of)
  const status = useLoaded(path, (signal) => getIfThere<FunctionStatus>(path, { signal }))
  const labels = Object.entries(status.value.value?.labels ?? {}).filter(([name]) =>
    /scale|freeze/.test(name),
  )
  return (
    <div class="half">
      <section class="card" aria-label="Policy">
        <header>
          <h2>Policy</h2>
          <a class="push small" href={`/ui/deploy?from=${encodeURIComponent(`${of.namespace}/${of.name}`)}`}>
            Change
          </a>
        </header>
        <Problem of={status.problem.value} again={status.again} />
        <dl class="kv">
          {labels.map(([name, value]) => (
            <>
              <dt>
                <code>{name}</code>
              </dt>
              <dd>{value}</dd>
            </>
          ))}
        </dl>
        {labels.length === 0 && (
          <p class="pad muted">No label about scaling: the defaults of the daemon hold.</p>
        )}
      </section>
      <Decisions of={of} />
    </div>
  )
}

function Decisions({ of }: { readonly of: Named }) {
  const { value, problem, again } = useDecisions(of)
  const events = shownEvents(value.value)
  if (value.value === undefined && problem.value === '') return <Loading />
  return (
    <section class="card" aria-label="Decisions">
      <header>
        <h2>Decisions</h2>
      </header>
      <Problem of={problem.value} again={again} />
      {events.length === 0 ? (
        <Empty>Nothing was decided of late.</Empty>
      ) : (
        <ul class="list">
          {events.map((event) => (
            <li key={event.key}>
              <time class="mono small">{moment(event.atMs)}</time>
              {event.kind}
              <span class="push small muted">{event.text}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}
