/** What went wrong, in terms that every entry point can act on. */
export type ErrorCode =
  /** The caller must change something in the request. */
  | 'invalid'
  | 'unauthorized'
  /** Not allowed in this way, whoever asks. */
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  /** The request is for another host than this one. */
  | 'misdirected'
  /** Functions call each other in a circle. */
  | 'loop'
  /** A request body above the limit. */
  | 'too-large'
  /** A concurrency limit or a full queue; trying later may work. */
  | 'too-busy'
  /** A replica refused the connection or broke off before it answered. */
  | 'bad-gateway'
  /** No replica in time, or Docker is not there. */
  | 'unavailable'
  /** The function ran past its limit. */
  | 'timed-out'
  /** The client left. Nobody reads the answer. */
  | 'cancelled'

/** The HTTP status of each code. The metrics of calls use it too, whatever triggered the call. */
const STATUS: Readonly<Record<ErrorCode, number>> = {
  invalid: 400,
  unauthorized: 401,
  forbidden: 403,
  'not-found': 404,
  conflict: 409,
  'too-large': 413,
  misdirected: 421,
  'too-busy': 429,
  'bad-gateway': 502,
  unavailable: 503,
  'timed-out': 504,
  cancelled: 499,
  loop: 508,
}

export interface FaasErrorOptions {
  readonly cause?: unknown
  readonly retryAfterS?: number
}

/**
 * An expected failure. The message is a sentence for the caller: it names the function or field, never a
 * secret.
 */
export class FaasError extends Error {
  readonly code: ErrorCode
  /** Whole seconds after which it may be worth to try again; undefined where nobody knows. */
  readonly retryAfterS: number | undefined

  constructor(code: ErrorCode, message: string, options?: FaasErrorOptions) {
    super(message, options)
    this.name = 'FaasError'
    this.code = code
    this.retryAfterS = options?.retryAfterS
  }
}

/**
 * Why a start is impossible. The message is a sentence for the operator. `mayPass`: what is in the way may go away by
 * itself, so that another try makes sense; otherwise a person has to change something first.
 */
export class StartError extends Error {
  readonly mayPass: boolean

  constructor(
    message: string,
    { mayPass = false, ...options }: ErrorOptions & { readonly mayPass?: boolean } = {},
  ) {
    super(message, options)
    this.name = 'StartError'
    this.mayPass = mayPass
  }
}

/** Whether `error` is an expected failure with this code. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof FaasError && error.code === code
}

/** The status over HTTP for anything thrown; 500 for what is not a `FaasError`. */
export function statusOf(error: unknown): number {
  return error instanceof FaasError ? STATUS[error.code] : 500
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
