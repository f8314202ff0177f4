import { useSignal, type Signal } from '@preact/signals'
import { Confirm } from '../parts/dialog.tsx'
import { Choice } from '../parts/fields.tsx'
import { Empty, Loading, Problem } from '../parts/notice.tsx'
import { When } from '../parts/when.tsx'
import { ThingsHead } from '../parts/things-head.tsx'
import { getIfThere, must, query } from '../state/api.ts'
import { useAction, useLoaded } from '../state/load.ts'
import { isDisconnected, refresh } from '../state/overview.ts'
import { place, setQuery } from '../state/router.ts'
import type { AsyncCall } from '../state/wire.ts'
import { counted, DASH, figure, timeOf } from '../text/format.ts'
import { REASONS, reasonWord } from './reasons.ts'
import { LetterDialog } from './letter-dialog.tsx'

const PATH = '/system/async/dead-letters'
const MOST = 1000
interface Listed {
  readonly deadLetters?: readonly AsyncCall[]
  readonly next?: string
}

type Bulk = '' | 'replay' | 'delete'

/** The filter is in the address, and is what the two buttons for all apply to. */
export function DeadLetters({ fn }: { readonly fn: string }) {
  const reason = place.value.query.get('reason') ?? ''
  const filter = query({ function: fn, reason })
  const path = `${PATH}${query({ function: fn, reason, limit: MOST })}`
  const { value, problem, again } = useLoaded(path, (signal) => getIfThere<Listed>(path, { signal }), 5000)
  const bulk = useSignal<Bulk>('')
  const open = useSignal<AsyncCall | undefined>(undefined)
  const letters = value.value?.deadLetters
  const changed = (): void => {
    again()
    refresh()
  }
  const count = letters?.length ?? 0
  const many = value.value?.next === undefined ? String(count) : `${count}+`
  return (
    <section class="card" aria-label="Dead letters">
      <header>
        <Choice
          label="Reason"
          value={reason}
          options={REASONS}
          onChange={(next) => setQuery('reason', next)}
        />
        {count > 0 && (
          <span class="push row">
            <button
              class="btn tiny"
              type="button"
              disabled={isDisconnected.value}
              onClick={() => (bulk.value = 'replay')}
            >
              Replay the {many} that match
            </button>
            <button
              class="btn tiny"
              type="button"
              disabled={isDisconnected.value}
              onClick={() => (bulk.value = 'delete')}
            >
              Delete
            </button>
          </span>
        )}
      </header>
      <Problem of={problem.value} again={again} />
      {value.value === undefined && problem.value === '' && <Loading />}
      {letters?.length === 0 && (
        <Empty>No dead letter: every call that was given up has been worked off.</Empty>
      )}
      {letters !== undefined && count > 0 && <Table letters={letters} open={open} onChange={changed} />}
      {bulk.value !== '' && <BulkDialog bulk={bulk} filter={filter} count={count} onChange={changed} />}
      {open.value !== undefined && (
        <LetterDialog id={open.value.id} onClose={() => (open.value = undefined)} onChange={changed} />
      )}
    </section>
  )
}

interface BulkProps {
  readonly bulk: Signal<Bulk>
  readonly filter: string
  readonly count: number
  readonly onChange: () => void
}

function BulkDialog({ bulk, filter, count, onChange }: BulkProps) {
  const isReplay = bulk.value === 'replay'
  const act = async (): Promise<void> => {
    await must(isReplay ? `${PATH}/replay${filter}` : `${PATH}${filter}`, {
      method: isReplay ? 'POST' : 'DELETE',
    })
    onChange()
  }
  return (
    <Confirm
      title={`${isReplay ? 'Replay' : 'Delete'} ${counted(count, 'dead letter')}`}
      verb={isReplay ? 'Replay' : 'Delete'}
      isDanger={!isReplay}
      act={act}
      onClose={() => (bulk.value = '')}
    >
      <p>
        {isReplay
          ? 'Each becomes a new call with the same call id, with all its tries.'
          : 'They cannot be brought back: neither the request nor its attempts are kept.'}
      </p>
    </Confirm>
  )
}

interface TableProps {
  readonly letters: readonly AsyncCall[]
  readonly open: Signal<AsyncCall | undefined>
  readonly onChange: () => void
}

function Table({ letters, open, onChange }: TableProps) {
  return (
    <table class="things">
      <ThingsHead columns={['Call id', 'Function', 'Given up', 'Why', '#Tries', '#Status']} />
      <tbody>
        {letters.map((letter) => (
          <Line key={letter.id} letter={letter} onOpen={() => (open.value = letter)} onChange={onChange} />
        ))}
      </tbody>
    </table>
  )
}

interface LineProps {
  readonly letter: AsyncCall
  readonly onOpen: () => void
  readonly onChange: () => void
}

function Line({ letter, onOpen, onChange }: LineProps) {
  const action = useAction()
  const replay = async (): Promise<void> => {
    if (await action.run(() => must(`${PATH}/${encodeURIComponent(letter.id)}/replay`, { method: 'POST' })))
      onChange()
  }
  const id = letter.callId ?? letter.id
  return (
    <tr>
      <td>
        <button class="btn quiet tiny mono" type="button" onClick={onOpen}>
          {id}
        </button>
      </td>
      <td>{letter.name ?? DASH}</td>
      <td class="when">
        <When ms={timeOf(letter.finishedAt)} suffix=" ago" />
      </td>
      <td>
        {reasonWord(letter.reason)}
        {letter.error !== undefined && <span class="muted">: {letter.error}</span>}
      </td>
      <td class="num" data-label="tries">
        {figure(letter.attemptCount)}
      </td>
      <td class="num" data-label="status">
        {letter.status ?? DASH}
      </td>
      <td class="num end">
        <button
          class="btn tiny"
          type="button"
          disabled={isDisconnected.value || action.busy.value}
          onClick={() => void replay()}
        >
          {action.busy.value ? 'Replay…' : 'Replay'}
          <span class="sr"> {id}</span>
        </button>
        <Problem of={action.problem.value} />
      </td>
    </tr>
  )
}
