import { useSignal } from '@preact/signals'
import { StateMark } from '../parts/state-mark.tsx'
import { functionPath } from '../state/routes.ts'
import type { Named } from '../state/actions.ts'
import { bytes, millis } from '../text/format.ts'
import { AnswerBody } from './answer-body.tsx'
import { headerOf, type Answer } from './send.ts'
import { QueuedCall } from './queued-call.tsx'

const PHRASES: Readonly<Record<number, string>> = {
  200: 'OK',
  201: 'Created',
  202: 'Accepted',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  413: 'Content Too Large',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

const toneOf = (status: number): string => (status >= 500 ? 'bad' : status >= 400 ? 'warn' : 'ok')

export function AnswerView({ answer, fn }: { readonly answer: Answer; readonly fn: Named }) {
  const type = headerOf(answer.headers, 'content-type')
  const callId = headerOf(answer.headers, 'x-call-id')
  const isQueued = answer.status === 202 && callId !== ''
  return (
    <section class="answer" aria-label="Answer">
      <header>
        <StateMark of={toneOf(answer.status)} word={`${answer.status} ${PHRASES[answer.status] ?? ''}`} />
        <span>{millis(answer.totalMs)}</span>
        {answer.functionMs !== undefined && (
          <span class="muted">
            {millis(answer.waitMs)} wait · {millis(answer.functionMs)} function
          </span>
        )}
        <span class="muted">
          {bytes(answer.bytes)}
          {answer.isWhole ? '' : '…'}
        </span>
        <span class="muted">{type}</span>
      </header>
      <Headers answer={answer} />
      <AnswerBody answer={answer} type={type} />
      <div class="tools">
        <Save answer={answer} name={fn.name} />
        {callId !== '' && (
          <a class="btn quiet tiny" href={functionPath(fn.namespace, fn.name, 'logs')}>
            Logs
          </a>
        )}
      </div>
      {isQueued && <QueuedCall callId={callId} />}
    </section>
  )
}

function Headers({ answer }: { readonly answer: Answer }) {
  if (answer.headers.length === 0) return null
  return (
    <details>
      <summary>{answer.headers.length} headers</summary>
      <table>
        <tbody>
          {answer.headers.map(([name, value], i) => (
            <tr key={i}>
              <td>{name}</td>
              <td>{value}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  )
}

function Save({ answer, name }: { readonly answer: Answer; readonly name: string }) {
  const said = useSignal('')
  const save = (): void => {
    if (answer.body === undefined) {
      said.value = 'Too long to be kept here: use curl.'
      return
    }
    const link = document.createElement('a')
    link.href = URL.createObjectURL(new Blob([new Uint8Array(answer.body)]))
    link.download = name
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
  }
  return (
    <>
      <button class="btn quiet tiny" type="button" disabled={!answer.isWhole} onClick={save}>
        Save
      </button>
      <span role="status">{said}</span>
    </>
  )
}
