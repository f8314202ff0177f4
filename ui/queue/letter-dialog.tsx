import { Dialog } from '../parts/dialog.tsx'
import { Loading, Problem } from '../parts/notice.tsx'
import { get, must } from '../state/api.ts'
import { useAction, useLoaded } from '../state/load.ts'
import { isDisconnected } from '../state/overview.ts'
import type { AsyncCall } from '../state/wire.ts'
import { bytes, DASH, millis, moment, timeOf } from '../text/format.ts'
import { reasonWord } from './reasons.ts'

interface LetterDialogProps {
  readonly id: string
  readonly onClose: () => void
  readonly onChange: () => void
}

export function LetterDialog({ id, onClose, onChange }: LetterDialogProps) {
  const path = `/system/async/dead-letters/${encodeURIComponent(id)}`
  const { value, problem, again } = useLoaded(path, (signal) => get<AsyncCall>(path, { signal }))
  const action = useAction()
  const act = async (what: () => Promise<unknown>): Promise<void> => {
    if (!(await action.run(what))) return
    onChange()
    onClose()
  }
  const letter = value.value
  return (
    <Dialog title={`Call ${letter?.callId ?? id}`} onClose={onClose}>
      <Problem of={problem.value} again={again} />
      {letter === undefined && problem.value === '' && <Loading />}
      {letter !== undefined && <Letter letter={letter} />}
      <Problem of={action.problem.value} />
      <div class="foot">
        <button
          class="btn danger"
          type="button"
          disabled={isDisconnected.value}
          onClick={() => void act(() => must(path, { method: 'DELETE' }))}
        >
          Delete
        </button>
        <button class="btn" type="button" onClick={onClose}>
          Close
        </button>
        <button
          class="btn main"
          type="button"
          disabled={isDisconnected.value || action.busy.value}
          onClick={() => void act(() => must(`${path}/replay`, { method: 'POST' }))}
        >
          Replay
        </button>
      </div>
    </Dialog>
  )
}

function Letter({ letter }: { readonly letter: AsyncCall }) {
  const { attempts = [], lastAnswer = '' } = letter
  return (
    <>
      <dl class="kv">
        <dt>Function</dt>
        <dd>{letter.name ?? DASH}</dd>
        <dt>Request</dt>
        <dd>
          <code>
            {letter.method ?? DASH} {letter.path ?? ''}
          </code>
          , body {bytes(letter.bodyBytes)}
        </dd>
        <dt>Given up</dt>
        <dd>
          {moment(timeOf(letter.finishedAt))}: {reasonWord(letter.reason)}
        </dd>
      </dl>
      <ol class="list card" aria-label="Attempts, newest first">
        {[...attempts].reverse().map((attempt, i) => (
          <li key={i}>
            <span class="mono">{moment(timeOf(attempt.startedAt))}</span>
            <b>{attempt.status ?? DASH}</b>
            <span class="push small muted">
              {attempt.error ?? ''}{' '}
              {attempt.durationSeconds === undefined ? '' : millis(attempt.durationSeconds * 1000)}
            </span>
          </li>
        ))}
      </ol>
      {lastAnswer !== '' && (
        <pre class="code fold" tabIndex={0} aria-label="The last answer">
          {lastAnswer}
        </pre>
      )}
    </>
  )
}
