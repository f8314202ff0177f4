import type { Call, CallSink, RunningCall } from './call.ts'
import { FaasError } from '../errors.ts'

/** A whole answer. */
export interface CollectedAnswer {
  readonly status: number
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  /** The body, or its beginning up to the limit. */
  readonly body: Uint8Array
  /** There was more of it. */
  readonly isCut: boolean
}

export interface CollectOptions {
  /** Bytes of the body that are kept; the rest is read and dropped. */
  readonly mostBytes: number
  /** Ends the call. */
  readonly signal: AbortSignal
}

type Invoke = (call: Call, sink: CallSink) => RunningCall

/** What a cancelled call is counted as: its caller left (nginx's 499). */
const CANCELLED = 499

/**
 * Makes a call and waits for its whole answer: for triggers, which have nobody to stream it to. Rejects with the
 * `FaasError` of a call that got none, `cancelled` when `signal` aborted.
 */
export function callCollected(
  invoke: Invoke,
  call: Call,
  { mostBytes, signal }: CollectOptions,
): Promise<CollectedAnswer> {
  const cancelled = (): FaasError => new FaasError('cancelled', 'the call was cancelled')
  if (signal.aborted) return Promise.reject(cancelled())
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = []
    let head = { status: 0, rawHeaders: [] as readonly string[] }
    let kept = 0
    let isCut = false
    const over = (): void => signal.removeEventListener('abort', cancel)
    const sink: CallSink = {
      onStart: (status, rawHeaders) => (head = { status, rawHeaders }),
      onInterim: () => undefined,
      onData: (chunk) => {
        const part = chunk.subarray(0, mostBytes - kept)
        if (part.length < chunk.length) isCut = true
        kept += part.length
        // The bytes are the caller's, who may use them again. `slice` of Node's buffers would share them.
        if (part.length > 0) chunks.push(new Uint8Array(part))
        return true
      },
      onEnd: () => {
        over()
        resolve({ ...head, body: joined(chunks, kept), isCut })
      },
      onError: (error) => {
        over()
        reject(error)
      },
    }
    let running: RunningCall | null = null
    const cancel = (): void => {
      running?.cancel(CANCELLED)
      reject(cancelled())
    }
    signal.addEventListener('abort', cancel, { once: true })
    running = invoke(call, sink)
  })
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
