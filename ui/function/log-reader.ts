import { must, query } from '../state/api.ts'
import type { Named } from '../state/actions.ts'
import { SeenLines, type LogLine } from '../text/log-buffer.ts'

export interface LogRange {
  /** Epoch milliseconds of the first line wanted. */
  readonly sinceMs: number
  /** One replica; empty for all. */
  readonly instance: string
}

const AGAIN_MS = 2000

interface Message {
  readonly timestamp?: string
  readonly instance?: string
  readonly text?: string
}

/** Follows the log until `signal` aborts; when the stream breaks it is read again from the last line. */
export async function follow(
  of: Named & LogRange,
  onLines: (lines: readonly LogLine[]) => void,
  signal: AbortSignal,
): Promise<void> {
  const seen = new SeenLines()
  for (;;) {
    const since = new Date(Math.max(of.sinceMs, seen.atMs)).toISOString()
    const path = `/system/logs${query({ name: of.name, namespace: of.namespace, instance: of.instance, since, follow: '1' })}`
    const response = await must(path, { signal })
    seen.reconnected()
    // Many lines come in one piece: they are handed on together, once a piece.
    await eachPiece(response, (lines) => onLines(lines.filter((line) => seen.isNew(line)))).catch(
      (error: unknown) => {
        if (signal.aborted) throw error
      },
    )
    await pause(AGAIN_MS, signal)
  }
}

async function eachPiece(response: Response, onLines: (lines: readonly LogLine[]) => void): Promise<void> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (;;) {
    const part = await reader?.read()
    if (part === undefined || part.done) return
    const texts = (rest + part.value).split('\n')
    rest = texts.pop() ?? ''
    onLines(texts.flatMap(lineOf))
  }
}

function lineOf(text: string): readonly LogLine[] {
  if (text === '') return []
  try {
    const value: unknown = JSON.parse(text)
    const message: Message = typeof value === 'object' && value !== null ? value : {}
    const atMs = Date.parse(message.timestamp ?? '')
    return [{ atMs, instance: message.instance ?? '', text: (message.text ?? '').replace(/\n$/, '') }]
  } catch {
    return []
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener('abort', () => {
      clearTimeout(timer)
      reject(new Error('aborted'))
    })
  })
}
