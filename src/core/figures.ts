// What is counted by one part and shown by `metrics.ts`.

/** Clients' connections and what waits in them: how it stands, and what happened since the start. */
export interface EdgeFigures {
  readonly open: number
  /** Waiting ones that were closed for new ones. */
  readonly evicted: number
  /** New ones that were refused. */
  readonly refused: number
  readonly unfinishedHeadBytes: number
  /** Unfinished heads that were given up for others. */
  readonly shedHeads: number
  readonly waitingBodyBytes: number
  /** Calls refused because too much of bodies waited. */
  readonly refusedBodies: number
}

/** The calls of all functions together: how many there are, and what happened since the start. */
export interface CallFigures {
  /** Those that wait for a replica included. */
  readonly inFlight: number
  /** Calls refused because too many were under way in all. */
  readonly refused: number
  /** Calls refused because too many of their function were. */
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
