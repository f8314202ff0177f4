import { StateMark } from '../parts/state-mark.tsx'
import { Problem } from '../parts/notice.tsx'
import { getIfThere } from '../state/api.ts'
import { systemPath, type Named } from '../state/actions.ts'
import { now } from '../state/clock.ts'
import { useLoaded } from '../state/load.ts'
import type { Replica } from '../state/wire.ts'
import { bytes, cpu, DASH, span } from '../text/format.ts'

export function ReplicaCard({ of }: { readonly of: Named }) {
  const path = systemPath(of, '/replicas')
  const { value, problem, again } = useLoaded(
    path,
    (signal) => getIfThere<readonly Replica[]>(path, { signal }),
    5000,
  )
  const all = value.value
  return (
    <section class="card" aria-label="Replicas">
      <header>
        <h2>Replicas</h2>
        <span class="push muted small">{all === undefined ? DASH : all.length}</span>
      </header>
      <Problem of={problem.value} again={again} />
      <ul class="list">
        {all?.map((replica) => (
          <Line key={replica.id} replica={replica} />
        ))}
        {all?.length === 0 && <li class="muted">None runs now.</li>}
        {all === undefined && problem.value === '' && <li class="muted">–</li>}
      </ul>
    </section>
  )
}

function Line({ replica }: { readonly replica: Replica }) {
  const { id = '', inFlight, sinceMs, restarts = 0, lastExit } = replica
  const parts = [
    replica.revision === undefined ? '' : `r${replica.revision}`,
    inFlight === undefined ? '' : `${inFlight} in flight`,
    typeof replica.cpuMilli === 'number' ? cpu(replica.cpuMilli) : '',
    typeof replica.memoryBytes === 'number' ? bytes(replica.memoryBytes) : '',
    sinceMs === undefined ? '' : `up ${span(now.value - sinceMs)}`,
    restarts > 0 ? `${restarts} restarts` : '',
    lastExit?.oom === true ? 'killed for memory' : '',
  ]
  return (
    <li>
      <StateMark of={replica.state} title={replica.reason} />
      <code>{id.slice(0, 6)}</code>
      <span class="push small muted">{parts.filter(Boolean).join(' · ')}</span>
    </li>
  )
}
