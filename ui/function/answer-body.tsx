import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { bytes } from '../text/format.ts'
import { indented, tokens } from '../text/json-tokens.ts'
import { MAX_DRAWN, type Answer } from './send.ts'

const MAX_COLOURED = 1024 * 1024
const IMAGE = /^image\/(png|jpeg|gif|webp|avif|svg\+xml)/
const TEXT = /^(text\/|application\/(json|xml|javascript|x-ndjson|yaml)|[^;]*\+(json|xml))/

interface AnswerBodyProps {
  readonly answer: Answer
  readonly type: string
}

/** Draws an answer by its type. Nothing of it runs: text is text, pictures are pictures, a page is in a sandbox. */
export function AnswerBody({ answer, type }: AnswerBodyProps) {
  const { body } = answer
  if (body === undefined) return <p class="pad muted">Longer than {bytes(MAX_DRAWN)}: not shown.</p>
  if (body.length === 0) return answer.isWhole ? <p class="pad muted">No body</p> : <p class="pad muted">…</p>
  if (IMAGE.test(type)) return answer.isWhole ? <Media kind="img" body={body} type={type} /> : null
  if (type.startsWith('audio/')) return answer.isWhole ? <Media kind="audio" body={body} type={type} /> : null
  if (type.startsWith('video/')) return answer.isWhole ? <Media kind="video" body={body} type={type} /> : null
  const text = textOf(body, type)
  if (text === undefined) return <pre tabIndex={0}>{hex(body)}</pre>
  return (
    <>
      <Text text={text} isWhole={answer.isWhole} />
      {type.startsWith('text/html') && answer.isWhole && <PageFrame html={text} />}
    </>
  )
}

/** Undefined for bytes that are no text. One without a type is text when it is UTF-8 without zeros. */
function textOf(body: Uint8Array, type: string): string | undefined {
  if (type !== '' && TEXT.test(type)) return new TextDecoder().decode(body)
  if (body.includes(0)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body)
  } catch {
    return undefined
  }
}

function Text({ text, isWhole }: { readonly text: string; readonly isWhole: boolean }) {
  const json = isWhole && text.length < MAX_COLOURED ? indented(text) : undefined
  if (json === undefined) return <pre tabIndex={0}>{text}</pre>
  return (
    <pre class="json" tabIndex={0}>
      {tokens(json).map((token, i) =>
        token.kind === '' ? (
          token.text
        ) : (
          <span key={i} class={token.kind}>
            {token.text}
          </span>
        ),
      )}
    </pre>
  )
}

/** The first 256 bytes, sixteen a line. */
function hex(body: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < Math.min(body.length, 256); at += 16) {
    const row = [...body.subarray(at, at + 16)]
    const codes = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const letters = row.map((byte) => (byte > 31 && byte < 127 ? String.fromCharCode(byte) : '.')).join('')
    lines.push(`${at.toString(16).padStart(4, '0')}  ${codes.padEnd(47)}  ${letters}`)
  }
  return lines.join('\n')
}

interface MediaProps {
  readonly kind: 'img' | 'audio' | 'video'
  readonly body: Uint8Array
  readonly type: string
}

function Media({ kind, body, type }: MediaProps) {
  const url = useSignal('')
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([new Uint8Array(body)], { type }))
    url.value = made
    return () => URL.revokeObjectURL(made)
  }, [body, type])
  if (url.value === '') return null
  if (kind === 'img') return <img src={url.value} alt="What the function answered" />
  if (kind === 'audio') return <audio src={url.value} controls />
  return <video src={url.value} controls />
}

/** In a frame that may run nothing of the answer and ask for nothing: see frame.html. */
function PageFrame({ html }: { readonly html: string }) {
  const isShown = useSignal(false)
  const frame = useRef<HTMLIFrameElement>(null)
  useEffect(() => {
    const ready = (event: MessageEvent): void => {
      if (event.source === frame.current?.contentWindow && event.data === 'frame ready')
        frame.current?.contentWindow?.postMessage(html, '*')
    }
    addEventListener('message', ready)
    return () => removeEventListener('message', ready)
  }, [html])
  return (
    <div class="tools">
      <button class="btn quiet tiny" type="button" onClick={() => (isShown.value = !isShown.value)}>
        {isShown.value ? 'Hide the page' : 'Show as page'}
      </button>
      {isShown.value && (
        <iframe ref={frame} title="The answer as a page" sandbox="allow-scripts" src="/ui/frame.html" />
      )}
    </div>
  )
}
