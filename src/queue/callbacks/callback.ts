/** The answer of an asynchronous call on its way to the URL that the caller gave. */
export interface Callback {
  /** As the caller gave it, credentials included: never to be logged. */
  readonly url: string
  readonly callId: string
  /** `name` in the default namespace, else `name.namespace`. */
  readonly fn: string
  /** Of the function's answer, or what stands for it when there was none. */
  readonly status: number
  /** Of the last run of the function. */
  readonly durationSeconds: number
  /** Nanoseconds since the epoch, decimal. */
  readonly startTime: string
  /** Runs after the first one, and how many there might have been. */
  readonly retries: number
  readonly retryMax: number
  /** Of the function's answer: names and values in turn. */
  readonly rawHeaders: readonly string[]
  readonly body: CallbackBody
}

/** Bytes, or a file with exactly that many: it is read once for each attempt, twice with a signature. */
export type CallbackBody = Uint8Array | { readonly path: string; readonly size: number }

/** What became of one attempt. */
export type CallbackOutcome =
  | { readonly kind: 'delivered'; readonly status: number }
  | {
      readonly kind: 'failed'
      /** For a person, without credentials, path and query of the URL. */
      readonly reason: string
      /** Of the answer, where there was one. */
      readonly status?: number
      /** Another attempt would end the same way. */
      readonly isFinal: boolean
    }

/** What must not or cannot be done, now or later: a final failure, with the message as its reason. */
export class HopelessError extends Error {}
