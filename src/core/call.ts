import type { FaasError } from './errors.ts'

/**
 * One invocation, whatever triggered it: an HTTP request, a queued message, a timer. Every trigger describes
 * its call with these types and hands it to the one invoker, so waiting, limits, retries and counts are the
 * same for all.
 */
export interface Call {
  /** The function as the caller named it: `name` or `name.namespace`. */
  readonly fn: string
  readonly method: string
  /** Path and query as the function shall see them, still encoded, beginning with `/`. */
  readonly path: string
  /**
   * Names and values in turn, repeats and case kept. Those that belong to one connection are left out on the
   * way.
   */
  readonly rawHeaders: readonly string[]
  /** Bytes can be sent again; anything else is read once, and not before a replica is there to take it. */
  readonly body: AsyncIterable<Uint8Array> | Uint8Array | null
  /** Trailers of the body, names and values in turn; asked for when the body has been read to its end. */
  readonly rawTrailers: readonly string[]
  readonly callId: string
  /** Nanoseconds since the epoch, decimal. */
  readonly startTime: string
  /** Address of the peer, without a port, for a call that names none itself. Null: say nothing. */
  readonly forwardedFor: string | null
  /** The host that the peer asked for. Null: say nothing. */
  readonly forwardedHost: string | null
  /**
   * The path at which the caller found the function: what it links to is below that. Null: say nothing, and
   * leave redirects alone.
   */
  readonly forwardedPrefix: string | null
}

/** Who takes the answer. `onEnd` or `onError` comes last, exactly once, and neither after `cancel`. */
export interface CallSink {
  /**
   * The function answered. `length` is the size of the body, -1 when unknown. The array is the sink's own.
   */
  onStart(status: number, rawHeaders: string[], length: number): void
  /** An interim answer (1xx), before `onStart`. */
  onInterim(status: number, rawHeaders: string[]): void
  /** False asks for a pause that ends with `RunningCall.resume`. */
  onData(chunk: Uint8Array): boolean
  /** The whole answer is there; trailers as names and values in turn, usually none. */
  onEnd(rawTrailers: string[]): void
  /** No answer, or after `onStart` no more of it: what was sent must be seen to be incomplete. */
  onError(error: FaasError): void
}

/**
 * A wish to speak something else than HTTP on the connection, for a `Socket` of whoever plugs caller and
 * invoker.
 */
export interface Upgrade<Socket> {
  /** As in the `Upgrade` header. */
  readonly protocol: string
  /**
   * The function agreed: these are the headers of its 101, and the socket belongs to the caller now. It must
   * be read, and destroyed at the end. The answer asks both sides to end soon.
   */
  onUpgraded(rawHeaders: string[], socket: Socket): () => void
}

/** A call under way, as its starter sees it. Both do nothing when it is over. */
export interface RunningCall {
  /** Ends a pause. */
  resume(): void
  /** Nobody waits for the answer: stop the work now. The call is counted under this status. */
  cancel(countAs: number): void
}
