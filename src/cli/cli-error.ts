/** Exit status of a command line that is not understood (EX_USAGE of sysexits). */
export const USAGE_STATUS = 64

export interface CliErrorOptions extends ErrorOptions {
  /** What to do next, in a sentence. */
  readonly hint?: string
  readonly exitStatus?: number
}

/** Something that the user can mend, or was told by a server: shown as a sentence, without a stack. */
export class CliError extends Error {
  readonly hint: string
  readonly exitStatus: number

  constructor(message: string, { hint = '', exitStatus = 1, ...options }: CliErrorOptions = {}) {
    super(message, options)
    this.name = 'CliError'
    this.hint = hint
    this.exitStatus = exitStatus
  }
}

/** No gateway answers: it may be back later. */
export class Unreachable extends CliError {}

/** The steps of a build went wrong: why is in the words of the build. */
export class BuildFailed extends CliError {}

/** The command line itself is wrong: `usage` is what it should look like. */
export function usageError(message: string, hint = ''): CliError {
  return new CliError(message, { hint, exitStatus: USAGE_STATUS })
}
