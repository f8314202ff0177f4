import { timeOf } from '../text/format.ts'
import type { EventLine } from './wire.ts'

/** An event as it is shown, whatever release of the daemon it is from. */
export interface ShownEvent {
  readonly key: string
  readonly atMs: number | undefined
  readonly kind: string
  readonly name: string
  readonly namespace: string
  readonly text: string
  readonly who: string
}

export function shownEvents(lines: readonly EventLine[] | undefined): readonly ShownEvent[] {
  return (lines ?? []).map(shownEvent).toSorted((a, b) => (b.atMs ?? 0) - (a.atMs ?? 0))
}

function shownEvent(line: EventLine, i: number): ShownEvent {
  const name = line.name ?? line.subject ?? ''
  const change =
    line.from === undefined || line.to === undefined || line.from === line.to
      ? ''
      : `${line.from} → ${line.to}`
  return {
    key: String(line.id ?? i),
    atMs: line.atMs ?? timeOf(line.at),
    kind: line.kind ?? '',
    name,
    namespace: line.namespace ?? 'openfaas-fn',
    text: line.text ?? [change, line.reason ?? ''].filter(Boolean).join(': '),
    who: [line.user, line.address].filter(Boolean).join(' from '),
  }
}
