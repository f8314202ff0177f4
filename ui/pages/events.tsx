import { Choice, Search } from '../parts/fields.tsx'
import { Empty, Loading, Page, Problem } from '../parts/notice.tsx'
import { getIfThere } from '../state/api.ts'
import { shownEvents } from '../state/events.ts'
import { useLoaded } from '../state/load.ts'
import { place, setQuery } from '../state/router.ts'
import { functionPath } from '../state/routes.ts'
import type { EventLine } from '../state/wire.ts'
import { moment } from '../text/format.ts'

const EVERY_MS = 4000

export function EventsPage() {
  const { value, problem, again } = useLoaded(
    'events',
    (signal) => getIfThere<readonly EventLine[]>('/system/events', { signal }),
    EVERY_MS,
  )
  const { query } = place.value
  const [kind, text] = [query.get('kind') ?? '', query.get('text') ?? '']
  const all = shownEvents(value.value)
  const wanted = text.toLowerCase()
  const shown = all.filter(
    (event) =>
      (kind === '' || event.kind === kind) && `${event.name} ${event.text}`.toLowerCase().includes(wanted),
  )
  const kinds = [...new Set(all.map((event) => event.kind))].toSorted()
  return (
    <Page
      title="Events"
      tools={
        <>
          <Choice
            label="Kind"
            value={kind}
            options={[
              ['', 'all kinds'],
              ...[...new Set([...kinds, kind])].filter(Boolean).map((word) => [word, word] as const),
            ]}
            onChange={(next) => setQuery('kind', next)}
          />
          <Search
            label="Filter events"
            placeholder="Function or text"
            value={text}
            onChange={(next) => setQuery('text', next)}
            hasKey
          />
        </>
      }
    >
      <Problem of={problem.value} again={again} />
      {value.value === undefined && problem.value === '' && <Loading lines={8} />}
      {value.value !== undefined && shown.length === 0 && (
        <Empty>{all.length === 0 ? 'Nothing happened since the daemon started.' : 'No event matches.'}</Empty>
      )}
      {shown.length > 0 && (
        <section class="card" aria-label="Events">
          <table class="things">
            <thead>
              <tr>
                <th>Time</th>
                <th>Kind</th>
                <th>Function</th>
                <th>What and why</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((event) => (
                <tr key={event.key}>
                  <td class="when mono">{moment(event.atMs)}</td>
                  <td>{event.kind}</td>
                  <td>
                    {event.name === '' ? (
                      '–'
                    ) : (
                      <a data-row href={functionPath(event.namespace, event.name)}>
                        {event.name}
                      </a>
                    )}
                  </td>
                  <td>
                    {event.text}
                    {event.who !== '' && <span class="muted"> by {event.who}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </Page>
  )
}
