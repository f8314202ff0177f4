import { useSignal, type Signal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { getIfThere } from '../state/api.ts'
import { systemPath, type Named } from '../state/actions.ts'
import { useLoaded } from '../state/load.ts'
import type { Metrics, OverviewRow } from '../state/wire.ts'
import { bytes, clock, cpu, DASH, figure, millis, rate } from '../text/format.ts'
import { areaOf, barsOf, HEIGHT, pathOf, summed, topOf, WIDTH, type Line } from './chart-lines.ts'

const EVERY_MS = 10_000
const HOUR_MS = 3_600_000

interface Series {
  readonly stepMs: number
  readonly from: number
  readonly of: (column: string) => readonly (number | null)[]
}

function seriesOf(metrics: Metrics | undefined): Series {
  const { rows = [], columns = [], stepMs = EVERY_MS, from = Date.now() - HOUR_MS } = metrics ?? {}
  const of = (column: string): readonly (number | null)[] => {
    const at = columns.indexOf(column)
    return at < 0 ? [] : rows.map((row) => row[at] ?? null)
  }
  return { stepMs, from, of }
}

const perSecond = ({ of, stepMs }: Series): readonly (number | null)[] =>
  of('calls').map((value) => (value === null ? null : (value * 1000) / stepMs))

/** Four graphs of the last hour. A pointer, or the arrow keys, show the values at one time in all of them. */
export function Charts({ of, row }: { readonly of: Named; readonly row: OverviewRow | undefined }) {
  const path = systemPath(of, '/metrics')
  const { value } = useLoaded(path, (signal) => getIfThere<Metrics>(path, { signal }), EVERY_MS)
  const at = useSignal<number | undefined>(undefined)
  const series = seriesOf(value.value)
  const calls = perSecond(series)
  const errors = summed(series.of('errors'), Math.max(1, Math.round(60_000 / series.stepMs)))
  const shown = (values: readonly (number | null)[], current: number | null | undefined) =>
    at.value === undefined ? current : values[Math.round(at.value * (values.length - 1))]
  const [p50, p99, cpus, memory] = ['p50Ms', 'p99Ms', 'cpuMilli', 'memoryBytes'].map(series.of)
  const time = at.value === undefined ? '' : clock(series.from + at.value * calls.length * series.stepMs)
  const lastErrors = errors.length === 0 ? undefined : errors.at(-1)
  return (
    <section class="card charts" aria-label="The last hour">
      <Chart title="Calls" at={at} note={time} lines={[{ values: calls, kind: 'area' }]} top={figure}>
        {rate(shown(calls, row?.callsPerSecond))}
        {'/s'}
      </Chart>
      <Chart title="Errors" at={at} note={time} lines={[{ values: errors, kind: 'bars' }]} top={figure}>
        {figure(shown(errors, lastErrors))} <small>in a minute</small>
      </Chart>
      <Chart
        title="Latency"
        at={at}
        note={time}
        lines={[
          { values: p50 ?? [], kind: 'line' },
          { values: p99 ?? [], kind: 'dashed' },
        ]}
        top={millis}
      >
        <i class="key" />
        {millis(shown(p50 ?? [], row?.p50Ms))} <small>p50</small> <i class="key b" />
        {millis(shown(p99 ?? [], row?.p99Ms))} <small>p99</small>
      </Chart>
      <Chart
        title="CPU, memory"
        at={at}
        note={time}
        lines={[{ values: cpus ?? [], kind: 'line' }]}
        second={[{ values: memory ?? [], kind: 'dashed' }]}
        top={(value) =>
          row?.memoryLimitBytes === undefined ? cpu(value) : `of ${bytes(row.memoryLimitBytes)}`
        }
      >
        <i class="key" />
        {cpu(shown(cpus ?? [], row?.cpuMilli))} <i class="key b" />
        {bytes(shown(memory ?? [], row?.memoryBytes))}
      </Chart>
    </section>
  )
}

interface ChartProps {
  readonly title: string
  /** 0 to 1 of the width: where the pointer is. */
  readonly at: Signal<number | undefined>
  readonly note: string
  readonly lines: readonly Line[]
  /** Drawn against a maximum of their own. */
  readonly second?: readonly Line[]
  readonly top: (value: number) => string
  readonly children: ComponentChildren
}

function Chart({ title, at, note, lines, second = [], top, children }: ChartProps) {
  const highest = topOf(lines)
  const point = (event: PointerEvent & { readonly currentTarget: Element }): void => {
    const box = event.currentTarget.getBoundingClientRect()
    at.value = Math.max(0, Math.min(1, (event.clientX - box.left) / box.width))
  }
  const key = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowLeft' ? -1 / 60 : event.key === 'ArrowRight' ? 1 / 60 : 0
    if (by === 0) return
    event.preventDefault()
    at.value = Math.max(0, Math.min(1, (at.value ?? 1) + by))
  }
  const drawn = [
    ...lines.map((line) => ({ line, highest })),
    ...second.map((line) => ({ line, highest: topOf([line]) })),
  ]
  const isEmpty = lines.every((line) => line.values.length === 0)
  return (
    <figure class="chart" onPointerMove={point} onPointerLeave={() => (at.value = undefined)}>
      <figcaption>
        <span>{title}</span>
        <span class="max">
          {note !== ''
            ? note
            : isEmpty
              ? DASH
              : highest > 0
                ? `max ${top(highest)}`.replace('max of', 'of')
                : ''}
        </span>
        <b>{children}</b>
      </figcaption>
      <svg
        class="plot"
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${title} over the last hour, at most ${isEmpty ? DASH : top(highest)}. Arrow keys move through time.`}
        tabIndex={0}
        onKeyDown={key}
        onBlur={() => (at.value = undefined)}
      >
        <path class="g" d={`M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`} />
        {drawn.map(({ line, highest: max }, i) => (
          <Drawing key={i} line={line} top={max} />
        ))}
        {at.value !== undefined && <path class="x-hair" d={`M${at.value * WIDTH} 0V${HEIGHT}`} />}
      </svg>
      <div class="x">
        <span>−60 min</span>
        <span>−30</span>
        <span>now</span>
      </div>
    </figure>
  )
}

function Drawing({ line, top }: { readonly line: Line; readonly top: number }) {
  if (line.values.length === 0) return null
  if (line.kind === 'bars') return <path class="e" d={barsOf(line.values, top)} />
  return (
    <>
      {line.kind === 'area' && <path class="a" d={areaOf(line.values, top)} />}
      <path class={line.kind === 'dashed' ? 'l2' : 'l'} d={pathOf(line.values, top)} />
    </>
  )
}
