import { type ErrorCode, FaasError, messageOf } from '../../../core/errors.ts'

/**
 * The engine did not answer: it is not running, hangs, or broke off. An error that the engine answers is
 * never this.
 */
export class EngineAway extends FaasError {
  constructor(reason: string, cause?: unknown) {
    super('unavailable', `Docker is not reachable: ${reason}`, { cause })
    this.name = 'EngineAway'
  }
}

/** What the HTTP client throws when the engine answered with an error status. */
interface StatusError {
  readonly statusCode: number
}

/** Translates anything thrown by the HTTP client into our error. `doing` completes "Docker could not …". */
export function translateEngineError(error: unknown, doing: string): FaasError {
  if (error instanceof FaasError) return error
  if (!isStatusError(error)) return new EngineAway(connectionTrouble(error), error)

  const text = engineMessage(error)
  return new FaasError(codeOf(error.statusCode), `Docker could not ${doing}: ${text}${remedyOf(text)}`, {
    cause: error,
  })
}

/**
 * For a folder that the daemon sees and the engine does not: the daemon runs in a container with paths of its own, or on
 * another host. Empty for anything else.
 */
function remedyOf(text: string): string {
  const path = /bind source path does not exist: (\S+)/.exec(text)?.[1]
  if (path === undefined) return ''
  const setting = path.includes('/fwatchdog-') ? 'SAMPAN_WATCHDOG_DIR' : 'SAMPAN_RUNTIME_DIR'
  return `. The engine looks for it on its own host: ${setting} must be a folder that the daemon and the engine see at the same path`
}

function codeOf(status: number): ErrorCode {
  if (status === 404) return 'not-found'
  if (status === 409) return 'conflict'
  if (status === 400) return 'invalid'
  return 'unavailable'
}

function isStatusError(error: unknown): error is StatusError {
  return (
    typeof error === 'object' &&
    error !== null &&
    'statusCode' in error &&
    typeof error.statusCode === 'number'
  )
}

/** The engine's own sentence, without the prefix of the HTTP client. */
export function engineMessage(error: unknown): string {
  return messageOf(error)
    .replace(/^\(HTTP code \d+\) [a-z ]+ - /, '')
    .trim()
}

const TROUBLES: Readonly<Record<string, string>> = {
  ENOENT: 'its socket does not exist',
  ECONNREFUSED: 'nothing listens there',
  EACCES: 'no permission to use its socket',
  ECONNRESET: 'the connection broke off',
  EPIPE: 'the connection broke off',
  ABORT_ERR: 'the connection was closed',
}

function connectionTrouble(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''
  return TROUBLES[code] ?? messageOf(error)
}
