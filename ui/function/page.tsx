import { useSignal } from '@preact/signals'
import { Copy, copyText } from '../parts/copy.tsx'
import { RemoveDialog, ScaleDialog } from '../parts/function-dialogs.tsx'
import { Menu } from '../parts/menu.tsx'
import { Problem } from '../parts/notice.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { addressOf, scale, type Named } from '../state/actions.ts'
import { isDisconnected, lastAnswerMs, rows } from '../state/overview.ts'
import { useAction } from '../state/load.ts'
import { place } from '../state/router.ts'
import { functionPath } from '../state/routes.ts'
import type { OverviewRow } from '../state/wire.ts'
import { bytes } from '../text/format.ts'
import { CallBox } from './call-box.tsx'
import { Charts } from './charts.tsx'
import { ConfigurationCard, ConfigurationTab } from './configuration.tsx'
import { LogView } from './log-view.tsx'
import { ReplicaCard } from './replicas.tsx'
import { RevisionsTab } from './revisions.tsx'
import { DecisionsCard, ScalingTab } from './scaling.tsx'
import { QueueOfFunction } from '../queue/page.tsx'

const TABS: readonly (readonly [tab: string, word: string])[] = [
  ['', 'Overview'],
  ['logs', 'Logs'],
  ['queue', 'Queue'],
  ['revisions', 'Revisions'],
  ['configuration', 'Configuration'],
  ['scaling', 'Scaling'],
]

export function FunctionPage() {
  const { name, namespace, tab } = place.value
  const of: Named = { name, namespace }
  const row = rows.value.get(`${name}.${namespace}`)
  return (
    <>
      <Title of={of} row={row} />
      {lastAnswerMs.value > 0 && row === undefined && (
        <Problem of={`There is no function ${name} in ${namespace}: it was removed, or never deployed.`} />
      )}
      <Trouble row={row} />
      <nav class="tabs" aria-label="Function">
        {TABS.map(([key, word]) => (
          <a
            key={key}
            href={functionPath(namespace, name, key)}
            aria-current={key === tab ? 'page' : undefined}
            data-key={key === 'logs' ? 'l' : undefined}
          >
            {word}
            {key === 'queue' && (row?.queue ?? 0) > 0 && <span class="count"> {row?.queue}</span>}
            {key === 'revisions' && row?.revision !== undefined && <span class="count"> {row.revision}</span>}
          </a>
        ))}
      </nav>
      <Tab of={of} row={row} tab={tab} />
    </>
  )
}

interface TabProps {
  readonly of: Named
  readonly row: OverviewRow | undefined
  readonly tab: string
}

function Tab({ of, row, tab }: TabProps) {
  switch (tab) {
    case 'logs':
      return <LogView of={of} isTall />
    case 'queue':
      return <QueueOfFunction of={of} />
    case 'revisions':
      return <RevisionsTab of={of} />
    case 'configuration':
      return <ConfigurationTab of={of} />
    case 'scaling':
      return <ScalingTab of={of} />
    default:
      return (
        <>
          <Charts of={of} row={row} />
          <div class="two">
            <CallBox of={of} />
            <LogView of={of} />
          </div>
          <div class="three">
            <ReplicaCard of={of} />
            <DecisionsCard of={of} />
            <ConfigurationCard of={of} />
          </div>
        </>
      )
  }
}

function Title({ of, row }: { readonly of: Named; readonly row: OverviewRow | undefined }) {
  const dialog = useSignal<'' | 'scale' | 'remove'>('')
  const close = (): void => void (dialog.value = '')
  const waking = useAction()
  const isOff = isDisconnected.value || row === undefined
  return (
    <div class="title">
      <div>
        <p class="crumbs">
          <a href="/ui/">Functions</a> / {of.namespace}
        </p>
        <h1 tabIndex={-1}>{of.name}</h1>
      </div>
      <StateMark of={row?.state} pill title={row?.reason} />
      <span class="url wide">
        <span>{addressOf(of)}</span>
        <Copy text={() => addressOf(of)} label="Copy the URL" />
      </span>
      <span class="push head">
        <button class="btn" type="button" disabled={isOff} onClick={() => (dialog.value = 'scale')}>
          Scale
        </button>
        <a class="btn" href={`/ui/deploy?from=${encodeURIComponent(`${of.namespace}/${of.name}`)}`}>
          Edit
        </a>
        <Menu label="More actions">
          {row?.state === 'zero' && (
            <button type="button" disabled={isOff} onClick={() => void waking.run(() => scale(of, 1))}>
              Wake
            </button>
          )}
          <button type="button" onClick={() => void copyText(addressOf(of))}>
            Copy URL
          </button>
          <button type="button" onClick={() => void copyText(`curl ${addressOf(of)}`)}>
            Copy as curl
          </button>
          <button
            type="button"
            onClick={() => void copyText(`faas-cli invoke ${of.name} -n ${of.namespace}`)}
          >
            Copy for faas-cli
          </button>
          <button type="button" disabled={isOff} onClick={() => (dialog.value = 'remove')}>
            Remove
          </button>
        </Menu>
      </span>
      <Problem of={waking.problem.value} />
      {dialog.value === 'scale' && <ScaleDialog of={of} from={row?.desired ?? 1} onClose={close} />}
      {dialog.value === 'remove' && <RemoveDialog of={of} onClose={close} />}
    </div>
  )
}

function Trouble({ row }: { readonly row: OverviewRow | undefined }) {
  const { deploying, reason = '', state = '' } = row ?? {}
  const isBad = ['failed', 'failing', 'degraded'].includes(state)
  return (
    <div aria-live="polite" class="stack">
      {deploying !== undefined && (
        <p class="notice">
          Deploying r{deploying.revision ?? '?'}: {deploying.text ?? ''}
          {deploying.total !== undefined && `, ${bytes(deploying.done)} of ${bytes(deploying.total)}`}. The
          revision before serves meanwhile.
        </p>
      )}
      {isBad && reason !== '' && <Problem of={reason} />}
    </div>
  )
}
