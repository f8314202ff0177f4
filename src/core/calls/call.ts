import type { FaasError } from '../errors.ts'

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
  /** A byte array can be sent again. Anything else is read once, and not before a replica can take it. */
  readonly body: AsyncIterable<Uint8Array> | Uint8Array | null
  /** Trailers of the body, names and values in turn; asked for when the body has been read to its end. */
  readonly rawTrailers: readonly string[]
  readonly callId: string
  /** Nanoseconds since the epoch, decimal. */
  readonly startTime: string
  /** Address of the peer, without a port, used when the call's own headers name none. Null: add no header. */
  readonly forwardedFor: string | null
  /** The host that the peer asked for. Null: add no header. */
  readonly forwardedHost: string | null
  /**
   * The path under which the caller reached the function; its links must stay below it. Null: add no header
   * and do not rewrite redirects.
   */
  readonly forwardedPrefix: string | null
  /**
   * The answer keeps the header by which a watchdog says that it is its own and not the function's
   * (`X-OpenFaaS-Internal`). For triggers that decide by it whether to call again; nobody else may trust it.
   */
  readonly seesPlatformFaults?: boolean
}

/**
 * Receives the answer. The last call is `onEnd` or `onError`, exactly once, and neither comes after `cancel`.
 */
export interface CallSink {
  /**
   * The function answered. `length` is the size of the body, -1 when unknown. The array is the sink's own.
   */
  onStart(status: number, rawHeaders: string[], length: number): void
  /** An interim answer (1xx), before `onStart`. */
  onInterim(status: number, rawHeaders: string[]): void
  /** False asks for a pause that ends with `RunningCall.resume`. */
  onData(chunk: Uint8Array): boolean
  /** The answer is complete. Trailers are names and values in turn, usually none. */
  onEnd(rawTrailers: string[]): void
  /**
   * There is no answer or, after `onStart`, no more of it: the receiver must be able to see that it is
   * incomplete.
   */
  onError(error: FaasError): void
}

/**
 * A request to switch the connection from HTTP to another protocol. `Socket` is the type that caller and
 * invoker agree on.
 */
export interface Upgrade<Socket> {
  /** As in the `Upgrade` header. */
  readonly protocol: string
  /**
   * The function agreed: these are the headers of its 101, and the caller owns the socket now. It must read
   * the socket and destroy it at the end. The returned function asks both sides to end soon.
   */
  onUpgraded(rawHeaders: string[], socket: Socket): () => void
}

/** A call in flight, as its starter sees it. Both methods do nothing when it is over. */
export interface RunningCall {
  /** Ends a pause. */
  resume(): void
  /** Nobody waits for the answer: stop the work now. The call is counted under this status. */
  cancel(countAs: number): void
}
