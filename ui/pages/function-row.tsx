import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { copyText } from '../parts/copy.tsx'
import { RemoveDialog, ScaleDialog } from '../parts/function-dialogs.tsx'
import { Menu } from '../parts/menu.tsx'
import { Bar, Spark } from '../parts/spark.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { When } from '../parts/when.tsx'
import { addressOf, scale } from '../state/actions.ts'
import { isDisconnected, keyOf, sparks } from '../state/overview.ts'
import { functionPath } from '../state/routes.ts'
import { now } from '../state/clock.ts'
import type { OverviewRow } from '../state/wire.ts'
import { ago, bytes, cpu, figure, millis, moment, rate, share } from '../text/format.ts'

const SLOW_MS = 500
const BAD_SHARE = 0.01
const LONG_WAIT_MS = 60_000

function Dim({ text }: { readonly text: string }) {
  return text === '0' || text === '–' ? <span class="dim">{text}</span> : <>{text}</>
}

function tooltip(row: OverviewRow): string {
  const since =
    row.sinceMs === undefined ? '' : `since ${moment(row.sinceMs)} (${ago(row.sinceMs, now.peek())})`
  return [since, row.reason ?? ''].filter(Boolean).join(': ')
}

export const errorClass = (value: number | undefined): string =>
  value !== undefined && value > BAD_SHARE ? 'bad' : ''

function Marked({
  isMarked,
  tone,
  children,
}: {
  readonly isMarked: boolean
  readonly tone: string
  readonly children: ComponentChildren
}) {
  return isMarked ? <span class={tone}>{children}</span> : <>{children}</>
}

export function FunctionRow({ row }: { readonly row: OverviewRow }) {
  const state = <StateMark of={row.state} title={tooltip(row)} />
  const isErring = (row.errorShare ?? 0) > BAD_SHARE
  return (
    <tr>
      <td>
        <span class="who">
          <a class="name" data-row href={functionPath(row.namespace, row.name)}>
            {row.name}
          </a>
          <span class="phone">{state}</span>
        </span>
        <span class="img" title={row.image}>
          {row.image ?? '–'}
        </span>
      </td>
      <td class="c-state">{state}</td>
      <td class="num">
        {figure(row.ready)}/{figure(row.desired)}
      </td>
      <td class="c-rate">
        <Rate row={row} />
      </td>
      <td class="num">
        <Marked isMarked={isErring} tone="bad">
          <Dim text={share(row.errorShare)} />
        </Marked>
      </td>
      <td class="num">
        <Dim text={millis(row.p50Ms)} />
      </td>
      <td class="num">
        <Marked isMarked={(row.p99Ms ?? 0) > SLOW_MS} tone="warn">
          <Dim text={millis(row.p99Ms)} />
        </Marked>
      </td>
      <td class="num opt">
        <Dim text={cpu(row.cpuMilli)} />
      </td>
      <td class="num">
        <Memory row={row} />
      </td>
      <td class="num">
        <Marked isMarked={(row.oldestQueuedMs ?? 0) > LONG_WAIT_MS} tone="warn">
          <Dim text={figure(row.queue)} />
        </Marked>
      </td>
      <td class="num opt">
        <When ms={row.lastCallMs} />
      </td>
      <td class="num">
        <RowMenu row={row} />
      </td>
      <td class="c-sum phone">
        {figure(row.ready)}/{figure(row.desired)} ·{' '}
        <span class={isErring ? 'bad' : ''}>{share(row.errorShare)} errors</span> · p99 {millis(row.p99Ms)} ·{' '}
        {bytes(row.memoryBytes)}
      </td>
    </tr>
  )
}

function Rate({ row }: { readonly row: OverviewRow }) {
  const values = sparks.value[keyOf(row)] ?? []
  return (
    <span class="rate">
      <Spark values={values} isIdle={(row.callsPerSecond ?? 0) === 0} />
      <span class="num val">
        <Dim text={rate(row.callsPerSecond)} />
        <span class="phone dim small">/s</span>
      </span>
    </span>
  )
}

function Memory({ row }: { readonly row: OverviewRow }) {
  const { memoryBytes, memoryLimitBytes: limit } = row
  return (
    <span class="mem">
      <Dim text={bytes(memoryBytes)} />
      {typeof memoryBytes === 'number' && limit !== undefined && limit > 0 && (
        <Bar share={memoryBytes / limit} />
      )}
    </span>
  )
}

function RowMenu({ row }: { readonly row: OverviewRow }) {
  const dialog = useSignal<'' | 'scale' | 'remove'>('')
  const close = (): void => void (dialog.value = '')
  const path = functionPath(row.namespace, row.name)
  const isOff = isDisconnected.value
  return (
    <>
      <Menu label={`Actions for ${row.name}`}>
        <button type="button" onClick={() => void copyText(addressOf(row))}>
          Copy URL
        </button>
        <a href={path}>Call</a>
        <a href={`${path}/logs`}>Logs</a>
        <button type="button" disabled={isOff} onClick={() => (dialog.value = 'scale')}>
          Scale
        </button>
        {row.state === 'zero' && (
          <button type="button" disabled={isOff} onClick={() => void scale(row, 1)}>
            Wake
          </button>
        )}
        <a href={`/ui/deploy?from=${encodeURIComponent(`${row.namespace}/${row.name}`)}`}>Edit</a>
        <button type="button" disabled={isOff} onClick={() => (dialog.value = 'remove')}>
          Remove
        </button>
      </Menu>
      {dialog.value === 'scale' && <ScaleDialog of={row} from={row.desired ?? 1} onClose={close} />}
      {dialog.value === 'remove' && <RemoveDialog of={row} onClose={close} />}
    </>
  )
}
