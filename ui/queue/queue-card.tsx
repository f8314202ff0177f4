import { useSignal } from '@preact/signals'
import { Confirm } from '../parts/dialog.tsx'
import { Problem } from '../parts/notice.tsx'
import { StateMark } from '../parts/state-mark.tsx'
import { must } from '../state/api.ts'
import { useAction } from '../state/load.ts'
import { isDisconnected } from '../state/overview.ts'
import type { QueueOf } from '../state/wire.ts'
import { figure, span } from '../text/format.ts'

interface QueueCardProps {
  readonly of: QueueOf
  readonly onChange: () => void
}

type Figure = 'pending' | 'inFlight' | 'delayed' | 'limit'

export function QueueCard({ of, onChange }: QueueCardProps) {
  const { functions = [], paused = false } = of
  const action = useAction()
  const empties = useSignal(false)
  const path = `/system/async/queues/${encodeURIComponent(of.queue)}`
  const sum = (key: Figure): number => functions.reduce((total, fn) => total + (fn[key] ?? 0), 0)
  const oldest = Math.max(0, ...functions.map((fn) => fn.oldestAgeSeconds ?? 0))
  const turn = async (): Promise<void> => {
    if (await action.run(() => must(`${path}/${paused ? 'resume' : 'pause'}`, { method: 'POST' }))) onChange()
  }
  return (
    <section class="card pad stack" aria-label={`Queue ${of.queue}`}>
      <div class="row wrap">
        <b>{of.queue}</b>
        <StateMark of={paused ? 'paused' : 'running'} />
        <span class="muted">
          {figure(sum('pending'))} waiting · {figure(sum('inFlight'))} of {figure(sum('limit'))} running ·{' '}
          {figure(sum('delayed'))} for another try
          {oldest > 0 && ` · oldest ${span(oldest * 1000)}`}
        </span>
        <span class="push row">
          <button
            class="btn tiny"
            type="button"
            disabled={isDisconnected.value || action.busy.value}
            onClick={() => void turn()}
          >
            {paused ? 'Resume' : 'Pause'}
          </button>
          <button
            class="btn tiny"
            type="button"
            disabled={isDisconnected.value}
            onClick={() => (empties.value = true)}
          >
            Empty
          </button>
        </span>
      </div>
      <Problem of={action.problem.value} />
      {empties.value && (
        <Confirm
          title={`Empty the queue ${of.queue}`}
          verb="Empty"
          isDanger
          typed={of.queue}
          act={() => must(path, { method: 'DELETE' }).then(onChange)}
          onClose={() => (empties.value = false)}
        >
          <p>
            {figure(sum('pending') + sum('delayed'))} calls that wait will be cancelled. Those that run go on.
          </p>
        </Confirm>
      )}
    </section>
  )
}
