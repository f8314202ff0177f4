import type { ComponentChildren } from 'preact'
import { Bar } from '../parts/spark.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { host, queue } from '../state/overview.ts'
import { bytes, DASH, figure, millis, rate, share } from '../text/format.ts'

interface CellProps {
  readonly word: string
  readonly value: ComponentChildren
  readonly note?: string
  /** 0 to 1; no bar without one. */
  readonly filled?: number | undefined
  readonly tone?: '' | 'warn' | 'bad'
}

function Cell({ word, value, note = '', filled, tone = '' }: CellProps) {
  return (
    <div>
      <dt>{word}</dt>
      <dd>
        <span class="figure">
          {value}
          <small>{note}</small>
        </span>
        {filled !== undefined && <Bar share={filled} tone={tone} />}
      </dd>
    </div>
  )
}

const part = (of: number | null | undefined, total: number | undefined): number | undefined =>
  typeof of === 'number' && total !== undefined && total > 0 ? of / total : undefined

export function HostStrip() {
  const { value } = host
  const disk = part(value.disk?.usedBytes, value.disk?.totalBytes)
  const calls = value.callsPerSecond
  return (
    <dl class="card host" aria-label="Host">
      <Cell
        word="Calls"
        value={calls === undefined ? DASH : `${rate(calls)}/s`}
        note={value.errorShare === undefined ? '' : `${share(value.errorShare)} errors`}
        filled={value.callsShare}
      />
      <Cell
        word="CPU"
        value={typeof value.cpuShare === 'number' ? `${Math.round(value.cpuShare * 100)} %` : DASH}
        note={value.cores === undefined ? '' : `of ${value.cores} ${value.cores === 1 ? 'core' : 'cores'}`}
        filled={value.cpuShare ?? undefined}
      />
      <Cell
        word="Memory"
        value={bytes(value.memoryUsedBytes)}
        note={value.memoryTotalBytes === undefined ? '' : `of ${bytes(value.memoryTotalBytes)}`}
        filled={part(value.memoryUsedBytes, value.memoryTotalBytes)}
      />
      <Cell
        word="Disk"
        value={bytes(value.disk?.usedBytes)}
        note={value.disk?.totalBytes === undefined ? '' : `of ${bytes(value.disk.totalBytes)}`}
        filled={disk}
        tone={disk === undefined || disk < 0.85 ? '' : disk < 0.95 ? 'warn' : 'bad'}
      />
      <DockerCell />
      <QueueCell />
    </dl>
  )
}

function DockerCell() {
  const { engine: docker } = host.value
  if (docker?.ok === undefined) return <Cell word="Docker" value={DASH} />
  const ping = docker.pingMs === undefined ? '' : ` · ${millis(docker.pingMs)}`
  return docker.ok ? (
    <Cell word="Docker" value={<StateMark of="ok" />} note={`${docker.version ?? ''}${ping}`} />
  ) : (
    <Cell word="Docker" value={<StateMark of="bad" word="away" />} note={docker.reason ?? ''} />
  )
}

function QueueCell() {
  if (queue.value === null) return <Cell word="Queue" value={<StateMark of="off" />} />
  const { ok, waiting, dead = 0, reason = '' } = queue.value
  if (ok === false) return <Cell word="Queue" value={<StateMark of="away" />} note={reason} />
  return <Cell word="Queue" value={figure(waiting)} note={dead > 0 ? `waiting · ${dead} dead` : 'waiting'} />
}
