// What is counted by one part and shown by `metrics.ts`.

/** Clients' connections and what waits in them: present values, and counts since the start. */
export interface EdgeFigures {
  readonly open: number
  /** Waiting connections that were closed to make room for new ones. */
  readonly evicted: number
  /** New connections that were refused. */
  readonly refused: number
  readonly unfinishedHeadBytes: number
  /** Unfinished heads that were dropped to make room for others. */
  readonly shedHeads: number
  readonly waitingBodyBytes: number
  /** Calls refused because too many bytes of bodies waited. */
  readonly refusedBodies: number
}

/** The calls of all functions together: how many there are, and counts since the start. */
export interface CallFigures {
  /** Includes those that wait for a replica. */
  readonly inFlight: number
  /** Calls refused because too many were in flight in all. */
  readonly refused: number
  /** Calls refused because too many of their function were in flight. */
  readonly refusedOfFunction: number
  /** Connections to functions that wait for a next call. */
  readonly idleUpstreams: number
}

/** One answered request of a `/system` route. `path` is the route's name, never what the client wrote. */
export interface SystemRequest {
  readonly method: string
  readonly path: string
  readonly code: number
  readonly seconds: number
}
