import { useSignal } from '@preact/signals'
import { Confirm } from '../parts/dialog.tsx'
import { Empty, Loading, Problem } from '../parts/notice.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { When } from '../parts/when.tsx'
import { ThingsHead } from '../parts/things-head.tsx'
import { get, must } from '../state/api.ts'
import { systemPath, type Named } from '../state/actions.ts'
import { useLoaded } from '../state/load.ts'
import { isDisconnected, refresh } from '../state/overview.ts'
import type { Revision } from '../state/wire.ts'
import { DASH, timeOf } from '../text/format.ts'

export function RevisionsTab({ of }: { readonly of: Named }) {
  const path = systemPath(of, '/revisions')
  const { value, problem, again } = useLoaded(
    path,
    (signal) => get<readonly Revision[]>(path, { signal }),
    5000,
  )
  const chosen = useSignal<Revision | undefined>(undefined)
  const all = value.value
  const back = async (revision: number): Promise<void> => {
    await must(systemPath(of, '/rollback'), { method: 'POST', json: { revision, namespace: of.namespace } })
    again()
    refresh()
  }
  return (
    <section class="card" aria-label="Revisions">
      <Problem of={problem.value} again={again} />
      {all === undefined && problem.value === '' && <Loading />}
      {all?.length === 0 && <Empty>No revision is kept.</Empty>}
      {all !== undefined && all.length > 0 && (
        <table class="things">
          <ThingsHead columns={['Revision', 'State', 'Image', 'What changed', 'Deployed']} />
          <tbody>
            {all.map((revision, i) => (
              <Line
                key={revision.revision}
                revision={revision}
                isNewest={i === 0}
                onBack={() => (chosen.value = revision)}
              />
            ))}
          </tbody>
        </table>
      )}
      {chosen.value !== undefined && (
        <GoBack
          revision={chosen.value}
          all={all ?? []}
          act={back}
          onClose={() => (chosen.value = undefined)}
        />
      )}
    </section>
  )
}

interface LineProps {
  readonly revision: Revision
  readonly isNewest: boolean
  readonly onBack: () => void
}

function Line({ revision, isNewest, onBack }: LineProps) {
  return (
    <tr>
      <td>
        <b>r{revision.revision}</b>
      </td>
      <td>
        <StateMark of={revision.state} title={revision.reason} />
      </td>
      <td>
        <code>{revision.image ?? DASH}</code>
      </td>
      <td class="muted">{revision.changed?.join(', ') ?? DASH}</td>
      <td class="when">
        <When ms={timeOf(revision.createdAt)} suffix=" ago" />
      </td>
      <td class="num end">
        {!isNewest && (
          <button class="btn tiny" type="button" disabled={isDisconnected.value} onClick={onBack}>
            Go back to r{revision.revision}
          </button>
        )}
      </td>
    </tr>
  )
}

interface GoBackProps {
  readonly revision: Revision
  readonly all: readonly Revision[]
  readonly act: (revision: number) => Promise<void>
  readonly onClose: () => void
}

/** Names what the revisions since then changed: that is what goes. */
function GoBack({ revision, all, act, onClose }: GoBackProps) {
  const since = all.filter((other) => other.revision > revision.revision)
  const next = (all[0]?.revision ?? revision.revision) + 1
  return (
    <Confirm
      title={`Go back to r${revision.revision}`}
      verb="Go back"
      act={() => act(revision.revision)}
      onClose={onClose}
    >
      <p>
        r{next} will be made, as r{revision.revision} was: <code>{revision.image ?? ''}</code>. What these
        changed goes:
      </p>
      <ul class="diff card">
        {since.map((other) => (
          <li key={other.revision} class="del">
            r{other.revision}: {other.changed?.join(', ') ?? 'not known'}
          </li>
        ))}
      </ul>
      {revision.wasReady === false && <p class="warn-text">r{revision.revision} never answered a call.</p>}
    </Confirm>
  )
}
