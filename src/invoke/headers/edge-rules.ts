/**
 * What the operator and the gateway's own secrets decide about requests; the same for all calls. None may
 * throw.
 */
export interface EdgeRules {
  /**
   * Forwards header names that look like other ones to programs that read headers from environment variables.
   */
  readonly keepOddNames: boolean
  /**
   * Whether the function may get this `Authorization` header, which came from `peer`. False for the
   * credentials of the API.
   */
  mayForward(authorization: string, peer: string | null): boolean
  /** Whether the gateway answers to this `Host`. */
  answersTo(host: string): boolean
}
