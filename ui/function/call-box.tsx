import { useSignal, type Signal } from '@preact/signals'
import { useRef } from 'preact/hooks'
import { Copy } from '../parts/copy.tsx'
import { AddPair, Choice, Pairs, Segments } from '../parts/fields.tsx'
import { Icon } from '../parts/icon.tsx'
import { Problem } from '../parts/notice.tsx'
import { addressOf, type Named } from '../state/actions.ts'
import { sentence } from '../state/api.ts'
import { now } from '../state/clock.ts'
import { isDisconnected } from '../state/overview.ts'
import { asCurl, fromCurl, type Request } from '../text/curl.ts'
import { bytes, millis } from '../text/format.ts'
import { AnswerView } from './answer-view.tsx'
import { addToHistory, history, METHODS, takesBody } from './call-request.ts'
import { send, type Answer } from './send.ts'

/** What is typed, by function: it stays when one goes to another tab and comes back. */
const drafts = new Map<string, Request>()
const FIRST: Request = { method: 'POST', target: '/', headers: [], body: '' }

interface Call {
  readonly fn: Named
  readonly request: Signal<Request>
  readonly file: Signal<File | undefined>
  readonly mode: Signal<string>
  readonly answer: Signal<Answer | undefined>
  readonly startedMs: Signal<number>
  readonly problem: Signal<string>
  readonly go: () => Promise<void>
  readonly cancel: () => void
}

function useCall(fn: Named): Call {
  const key = `${fn.name}.${fn.namespace}`
  const request = useSignal<Request>(drafts.get(key) ?? FIRST)
  const file = useSignal<File | undefined>(undefined)
  const mode = useSignal('sync')
  const answer = useSignal<Answer | undefined>(undefined)
  const startedMs = useSignal(0)
  const problem = useSignal('')
  const end = useRef<AbortController | undefined>(undefined)
  drafts.set(key, request.value)
  const go = async (): Promise<void> => {
    if (startedMs.value > 0 || isDisconnected.value) return
    const stop = new AbortController()
    end.current = stop
    startedMs.value = Date.now()
    problem.value = ''
    answer.value = undefined
    addToHistory(key, request.value)
    const what = { fn, request: request.value, file: file.value, mode: mode.value, signal: stop.signal }
    try {
      await send(what, (part) => (answer.value = part))
    } catch (error) {
      problem.value = stop.signal.aborted ? 'Cancelled' : sentence(error)
    }
    startedMs.value = 0
  }
  return { fn, request, file, mode, answer, startedMs, problem, go, cancel: () => end.current?.abort() }
}

/** Tries a function: method, path, headers, body; and what came back. */
export function CallBox({ of }: { readonly of: Named }) {
  const call = useCall(of)
  const key = (event: KeyboardEvent): void => {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
    event.preventDefault()
    void call.go()
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    void call.go()
  }
  return (
    <section class="card" aria-label="Call">
      <header>
        <h2>Call</h2>
        <span class="push">
          <Segments
            label="How"
            value={call.mode.value}
            options={[
              ['sync', 'answer now'],
              ['async', 'by queue'],
            ]}
            onChange={(mode) => (call.mode.value = mode)}
          />
        </span>
      </header>
      <form class="call" onSubmit={submit} onKeyDown={key}>
        <RequestFields call={call} />
        <Problem of={call.problem.value} />
        <div aria-live="polite">
          {call.answer.value !== undefined && <AnswerView answer={call.answer.value} fn={of} />}
        </div>
      </form>
    </section>
  )
}

function RequestFields({ call }: { readonly call: Call }) {
  const { request } = call
  const set = (part: Partial<Request>): void => void (request.value = { ...request.value, ...part })
  const { method, target, headers } = request.value
  return (
    <>
      <div class="line">
        <Choice
          label="Method"
          value={method}
          options={METHODS.map((word) => [word, word] as const)}
          onChange={(value) => set({ method: value })}
        />
        <input
          id="call-target"
          class="field mono grow"
          aria-label="Path and query"
          value={target}
          spellcheck={false}
          autocomplete="off"
          onInput={(event) => set({ target: event.currentTarget.value })}
        />
        <CallButton call={call} />
      </div>
      <Pairs what="Header" pairs={headers} onChange={(pairs) => set({ headers: pairs })} />
      <RequestTools call={call} set={set} />
      {takesBody(method) && <Body call={call} set={set} />}
    </>
  )
}

interface PartProps {
  readonly call: Call
  readonly set: (part: Partial<Request>) => void
}

function CallButton({ call }: { readonly call: Call }) {
  const started = call.startedMs.value
  if (started === 0)
    return (
      <button key="call" class="btn main" type="submit" disabled={isDisconnected.value}>
        Call
      </button>
    )
  return (
    <button key="cancel" class="btn" type="button" onClick={call.cancel}>
      Cancel {millis(Math.max(0, now.value - started))}
    </button>
  )
}

function RequestTools({ call, set }: PartProps) {
  const { request, file, fn } = call
  const key = `${fn.name}.${fn.namespace}`
  const past = history(key)
  const curl = (): string => asCurl(request.value, addressOf(fn))
  const paste = (event: ClipboardEvent): void => {
    const read = fromCurl(event.clipboardData?.getData('text') ?? '', `/function/${fn.name}`)
    if (read === undefined) return
    event.preventDefault()
    request.value = read
  }
  return (
    <div class="line small wrap" onPaste={paste}>
      <AddPair what="Header" pairs={request.value.headers} onChange={(headers) => set({ headers })} />
      {takesBody(request.value.method) && (
        <label class="btn quiet tiny">
          <Icon name="up" />
          Body from file
          <input class="sr" type="file" onChange={(event) => (file.value = event.currentTarget.files?.[0])} />
        </label>
      )}
      <Copy text={curl} label="Copy as curl" word="as curl" />
      {past.length > 0 && (
        <select
          class="field tiny-select"
          aria-label="Requests of before"
          value=""
          onChange={(event) => (request.value = past[Number(event.currentTarget.value)] ?? request.value)}
        >
          <option value="">History</option>
          {past.map((old, i) => (
            <option key={i} value={i}>
              {old.method} {old.target.slice(0, 60)}
            </option>
          ))}
        </select>
      )}
    </div>
  )
}

function Body({ call, set }: PartProps) {
  const { file, request } = call
  const chosen = file.value
  const paste = (event: ClipboardEvent): void => {
    const read = fromCurl(event.clipboardData?.getData('text') ?? '', `/function/${call.fn.name}`)
    if (read === undefined || request.value.body !== '') return
    event.preventDefault()
    request.value = read
  }
  if (chosen !== undefined)
    return (
      <p class="row">
        <span>
          {chosen.name}, {bytes(chosen.size)}
        </span>
        <button class="btn quiet tiny" type="button" onClick={() => (file.value = undefined)}>
          Type instead
        </button>
      </p>
    )
  return (
    <textarea
      class="field mono"
      aria-label="Body"
      placeholder="Body, or paste a curl line"
      spellcheck={false}
      value={request.value.body}
      onInput={(event) => set({ body: event.currentTarget.value })}
      onPaste={paste}
      onDrop={(event) => {
        const dropped = event.dataTransfer?.files[0]
        if (dropped === undefined) return
        event.preventDefault()
        event.stopPropagation()
        file.value = dropped
      }}
    />
  )
}
