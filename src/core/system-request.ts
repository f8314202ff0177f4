/** One answered request of a `/system` route. `path` is the route's name, never what the client wrote. */
export interface SystemRequest {
  readonly method: string
  readonly path: string
  readonly code: number
  readonly seconds: number
}
