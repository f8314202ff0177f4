import { FaasError } from '../../core/errors.ts'
import type { FunctionName } from '../../core/functions/function-name.ts'
import { type Body, hasFields, isRawHeaders, seal, unseal } from './envelope.ts'

/** The answer of a call on its way to the URL that the caller gave. */
export interface CallbackJob {
  /** Of the call. */
  readonly id: string
  readonly callId: string
  readonly fn: FunctionName
  readonly queue: string
  readonly url: string
  /** As the caller would have seen it. */
  readonly status: number
  readonly durationSeconds: number
  /** Nanoseconds since the epoch, decimal: when the caller asked. */
  readonly startTime: string
  /** Executions beyond the first. */
  readonly retries: number
  readonly retryMax: number
  /** Of the function's answer. */
  readonly rawHeaders: readonly string[]
  readonly body: Body
  /** The file of the body outlives the callback: the caller may ask for it. */
  readonly keepsFile: boolean
}

const FIELDS = {
  id: 'string',
  callId: 'string',
  fn: 'string',
  queue: 'string',
  url: 'string',
  status: 'number',
  durationSeconds: 'number',
  startTime: 'string',
  retries: 'number',
  retryMax: 'number',
} as const

export function encodeCallback({ body, ...head }: CallbackJob): Uint8Array {
  return seal(head, body)
}

/** What `encodeCallback` wrote. Throws `invalid` for anything else. */
export function decodeCallback(message: Uint8Array): CallbackJob {
  const { head, body } = unseal(message)
  if (!hasFields(head, FIELDS) || !isRawHeaders(head['rawHeaders']))
    throw new FaasError('invalid', 'the message is no callback')
  return { ...(head as unknown as Omit<CallbackJob, 'body'>), body }
}
