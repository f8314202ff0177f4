import { StateMark } from '../parts/state-mark.tsx'
import { getIfThere } from '../state/api.ts'
import { useLoaded } from '../state/load.ts'
import type { AsyncCall } from '../state/wire.ts'
import { now } from '../state/clock.ts'
import { span, timeOf } from '../text/format.ts'

/** What became of a call that was given to the queue, as it goes. */
export function QueuedCall({ callId }: { readonly callId: string }) {
  const path = `/system/async/calls/${encodeURIComponent(callId)}`
  const { value } = useLoaded(path, (signal) => getIfThere<readonly AsyncCall[]>(path, { signal }), 1000)
  const call = value.value?.[0]
  const next = timeOf(call?.nextAt)
  return (
    <p class="row pad small">
      <code>{callId}</code>
      <StateMark of={call?.state ?? 'queued'} />
      {call?.state === 'waiting' && next !== undefined && `again in ${span(Math.max(0, next - now.value))}`}
      {call?.error ?? ''}
      <a class="push" href={call?.state === 'dead' ? '/ui/queue/dead' : '/ui/queue/calls'}>
        Queue
      </a>
    </p>
  )
}
