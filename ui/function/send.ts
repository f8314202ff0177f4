import { ApiError, must } from '../state/api.ts'
import type { Named } from '../state/actions.ts'
import type { Header, Request } from '../text/curl.ts'
import { decodedHeaders, encodedHeaders, takesBody } from './call-request.ts'

/** Beyond this an answer is only saved, never drawn. */
export const MAX_DRAWN = 10 * 1024 * 1024

export interface Answer {
  readonly status: number
  readonly headers: readonly Header[]
  readonly totalMs: number
  /** As the daemon measured them; undefined when it does not say. */
  readonly waitMs?: number | undefined
  readonly functionMs?: number | undefined
  readonly replica?: string | undefined
  readonly bytes: number
  /** All of it, or what has come; undefined where it is too much to be drawn. */
  readonly body?: Uint8Array | undefined
  readonly isWhole: boolean
}

export interface Sending {
  readonly fn: Named
  readonly request: Request
  readonly file: File | undefined
  readonly mode: string
  readonly signal: AbortSignal
}

/** Calls through the daemon, so that any header can be sent and nothing of the answer runs here. */
export async function send(what: Sending, onPart: (answer: Answer) => void): Promise<void> {
  const { fn, request, file, mode, signal } = what
  const startedMs = performance.now()
  const response = await must(
    `/system/call/${encodeURIComponent(fn.name)}.${encodeURIComponent(fn.namespace)}`,
    {
      method: 'POST',
      headers: {
        'Sampan-Call-Method': request.method,
        'Sampan-Call-Target': request.target.startsWith('/') ? request.target : `/${request.target}`,
        'Sampan-Call-Headers': encodedHeaders(request.headers),
        'Sampan-Call-Mode': mode,
        'Content-Type': 'application/octet-stream',
      },
      body: takesBody(request.method) ? (file ?? request.body) : null,
      signal,
    },
  )
  const head = headOf(response)
  let parts: Uint8Array[] | undefined = []
  let size = 0
  const answer = (isWhole: boolean): Answer => ({
    ...head,
    totalMs: performance.now() - startedMs,
    bytes: size,
    body: parts === undefined ? undefined : joined(parts, size),
    isWhole,
  })
  onPart(answer(false))
  const reader = response.body?.getReader()
  let drawnMs = performance.now()
  for (;;) {
    const part = await reader?.read()
    if (part === undefined || part.done) break
    size += part.value.length
    if (size > MAX_DRAWN) parts = undefined
    parts?.push(part.value)
    if (performance.now() - drawnMs < 100) continue
    drawnMs = performance.now()
    onPart(answer(false))
  }
  onPart(answer(true))
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size)
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}

function headOf(response: Response): Omit<Answer, 'totalMs' | 'bytes' | 'isWhole'> {
  const status = Number(response.headers.get('Sampan-Call-Status') ?? Number.NaN)
  if (Number.isNaN(status))
    throw new ApiError(response.status, 'The daemon does not say what the function answered')
  const timing = response.headers.get('Sampan-Call-Timing') ?? ''
  return {
    status,
    headers: decodedHeaders(response.headers.get('Sampan-Call-Answer-Headers')),
    waitMs: microseconds(timing, 'wait'),
    functionMs: microseconds(timing, 'function'),
    replica: response.headers.get('Sampan-Call-Replica') ?? undefined,
  }
}

function microseconds(timing: string, name: string): number | undefined {
  const found = new RegExp(`\\b${name}=(\\d+)`).exec(timing)
  return found === null ? undefined : Number(found[1]) / 1000
}

export const headerOf = (headers: readonly Header[], name: string): string =>
  headers.find(([key]) => key.toLowerCase() === name)?.[1] ?? ''
