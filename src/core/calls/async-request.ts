/** A request for an asynchronous call, whatever brought it. */
export interface AsyncRequest {
  /** As the caller wrote it: `name` or `name.namespace`. */
  readonly fn: string
  readonly method: string
  /** Path and query for the function, encoded. */
  readonly path: string
  /** Names and values in turn. */
  readonly rawHeaders: readonly string[]
  readonly body: AsyncIterable<Uint8Array> | Uint8Array | null
  /** Bytes of the body, where it was announced; -1: nobody knows. */
  readonly length: number
  readonly callId: string
  /** Nanoseconds since the epoch, decimal. */
  readonly startTime: string
  readonly forwardedFor: string | null
  readonly forwardedHost: string | null
  /** Empty: the one that the function names, or the usual one. */
  readonly queue: string
  /**
   * What it comes from, where that may come again: it is one call all the same. As if it was an idempotency
   * key.
   */
  readonly source?: string
}

export interface Accepted {
  /** Of the call that was accepted: an earlier one for a repeated idempotency key. */
  readonly callId: string
  readonly isDuplicate: boolean
}
