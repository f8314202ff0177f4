import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { Choice, Search } from '../parts/fields.tsx'
import { Icon } from '../parts/icon.tsx'
import { Problem } from '../parts/notice.tsx'
import type { Named } from '../state/actions.ts'
import { recall, remember } from '../state/storage.ts'
import { counted } from '../text/format.ts'
import { shortId } from './log-screen.ts'
import { LogState } from './log-state.ts'

const MINUTE_MS = 60_000
const RANGES: readonly (readonly [string, string])[] = [
  ['15', 'last 15 min'],
  ['60', 'last hour'],
  ['1440', 'last 24 h'],
]

export function LogView({ of, isTall = false }: { readonly of: Named; readonly isTall?: boolean }) {
  const box = useRef<HTMLDivElement>(null)
  const held = useRef<LogState | undefined>(undefined)
  const state = (held.current ??= new LogState())
  const minutes = useSignal(recall('log-range') ?? '15')
  const instance = useSignal('')
  const search = useSignal('')
  const onlyBad = useSignal(false)
  const wraps = useSignal(recall('log-wrap') === 'on')
  const round = useSignal(0)
  useEffect(() => (box.current === null ? undefined : state.attach(box.current)), [])
  useEffect(() => {
    const end = new AbortController()
    const sinceMs = Date.now() - Number(minutes.value) * MINUTE_MS
    void state.read({ ...of, sinceMs, instance: instance.value }, end.signal)
    return () => end.abort()
  }, [of.name, of.namespace, minutes.value, instance.value, round.value])
  useEffect(() => state.filter(search.value, onlyBad.value), [search.value, onlyBad.value])
  const key = (event: KeyboardEvent): void => {
    if (event.key === ' ') state.togglePause()
    else if (event.key === 'End') state.toEnd()
    else return
    event.preventDefault()
  }
  const isEmpty = state.count.value === 0
  return (
    <section class={isTall ? 'card log tall' : 'card log'} aria-label="Logs">
      <header>
        <h2>Logs</h2>
        <Search
          label="Search in logs"
          placeholder="Text or /pattern/"
          value={search.value}
          onChange={(text) => (search.value = text)}
        />
        <LogButtons state={state} name={of.name} />
      </header>
      <div class="bar-line">
        <Choice
          label="Range"
          value={minutes.value}
          options={RANGES}
          onChange={(value) => {
            minutes.value = value
            remember('log-range', value)
          }}
        />
        <Choice
          label="Replica"
          value={instance.value}
          options={[['', 'all replicas'], ...state.replicas.value.map((id) => [id, shortId(id)] as const)]}
          onChange={(value) => (instance.value = value)}
        />
        <label class="tick small">
          <input
            type="checkbox"
            checked={onlyBad.value}
            onChange={(e) => (onlyBad.value = e.currentTarget.checked)}
          />
          errors
        </label>
        <label class="tick small">
          <input
            type="checkbox"
            checked={wraps.value}
            onChange={(e) => {
              wraps.value = e.currentTarget.checked
              remember('log-wrap', wraps.value ? 'on' : null)
            }}
          />
          wrap
        </label>
      </div>
      <Problem of={state.problem.value} again={() => (round.value += 1)} />
      {isEmpty && state.problem.value === '' && <p class="empty">No line in this range yet.</p>}
      <div
        ref={box}
        class={wraps.value ? 'log-lines mono folded' : 'log-lines mono'}
        tabIndex={0}
        role="region"
        aria-label="Log lines"
        hidden={isEmpty}
        onKeyDown={key}
      />
      <LogFoot state={state} search={search.value} />
    </section>
  )
}

function LogButtons({ state, name }: { readonly state: LogState; readonly name: string }) {
  const isPaused = state.paused.value
  const download = (): void => {
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([state.text()], { type: 'text/plain' }))
    link.download = `${name}.log`
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  }
  return (
    <>
      <button
        class="btn quiet tiny"
        type="button"
        aria-label={isPaused ? 'Go on' : 'Pause'}
        title={isPaused ? 'Go on' : 'Pause'}
        onClick={() => state.togglePause()}
      >
        <Icon name={isPaused ? 'play' : 'pause'} />
      </button>
      <button class="btn quiet tiny" type="button" aria-label="Download" title="Download" onClick={download}>
        <Icon name="down" />
      </button>
    </>
  )
}

function LogFoot({ state, search }: { readonly state: LogState; readonly search: string }) {
  const lines = counted(state.count.value, 'line')
  const found =
    search === ''
      ? lines
      : state.isBadPattern.value
        ? 'not a pattern'
        : `${state.matching.value.toLocaleString('en-US')} of ${lines} match`
  return (
    <>
      {state.unseen.value > 0 && (
        <button
          class="btn tiny jump"
          type="button"
          onClick={() => (state.paused.value ? state.togglePause() : state.toEnd())}
        >
          ↓ {counted(state.unseen.value, 'new line')}
        </button>
      )}
      <footer>
        <span>{state.paused.value ? 'paused' : 'live'}</span>
        <span>{found}</span>
        {state.dropped.value > 0 && <span>{counted(state.dropped.value, 'older line')} dropped</span>}
      </footer>
    </>
  )
}
