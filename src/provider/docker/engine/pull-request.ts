/** What the engine takes in `X-Registry-Auth`. */
export interface AuthConfig {
  readonly username?: string
  readonly password?: string
  readonly identitytoken?: string
  readonly serveraddress: string
}

/** One pull, as the engine is asked for it. */
export interface PullRequest {
  /** With a tag or a digest. */
  readonly ref: string
  readonly authconfig?: AuthConfig
  /** Called for every message that the engine sends while it pulls. */
  readonly onProgress?: () => void
}
