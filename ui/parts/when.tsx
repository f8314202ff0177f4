import { now } from '../state/clock.ts'
import { ago, moment } from '../text/format.ts'

/** How long ago, with the exact time to point at. */
export function When({
  ms,
  suffix = '',
}: {
  readonly ms: number | null | undefined
  readonly suffix?: string
}) {
  const text = ago(ms, now.value)
  if (typeof ms !== 'number') return <span class="dim">{text}</span>
  return (
    <time dateTime={new Date(ms).toISOString()} title={moment(ms)}>
      {text}
      {text === 'now' ? '' : suffix}
    </time>
  )
}
