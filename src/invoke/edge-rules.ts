/**
 * What the operator and the gateway's own secrets decide about requests; the same for all calls. None may
 * throw.
 */
export interface EdgeRules {
  /** Passes names on that programs with headers in variables cannot tell from others. */
  readonly keepOddNames: boolean
  /**
   * Whether the function may have this `Authorization` header, which came from `peer`: not when it opens the
   * API.
   */
  mayForward(authorization: string, peer: string | null): boolean
  /** Whether the gateway may be called by this `Host`. */
  answersTo(host: string): boolean
}
