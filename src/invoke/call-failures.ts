import { FaasError, messageOf } from '../core/errors.ts'
import type { FunctionName } from '../core/function-name.ts'

// Why a call of `fn` fails, as its caller is told. Pure.

export function noneReady(fn: FunctionName, cause: unknown): FaasError {
  return new FaasError('unavailable', `function ${fn}: no replica is ready`, { cause })
}

/** The wait of a call, or all of it, ends with us. */
export function stopping(): FaasError {
  return new FaasError('unavailable', 'the gateway is stopping')
}

/** `fn` is what somebody wrote, of any length. */
export function notFound(fn: string): FaasError {
  return new FaasError('not-found', `function not found: ${fn.slice(0, 127)}`)
}

/** `what` completes "function … did not …". */
export function timedOut(fn: FunctionName, what: string): FaasError {
  return new FaasError('timed-out', `function ${fn} did not ${what}`)
}

export function unsendable(cause: Error): FaasError {
  return new FaasError('invalid', messageOf(cause), { cause })
}

/** `fate`: how its process ended, where that is known. */
export function brokenOff(fn: FunctionName, cause: Error, fate = ''): FaasError {
  const words = messageOf(cause) + (fate === '' ? '' : `: ${fate}`)
  return new FaasError('bad-gateway', `function ${fn} cannot be reached or broke off: ${words}`, { cause })
}

/** One function has its share. */
export function tooManyOf(fn: FunctionName, most: number): FaasError {
  return new FaasError(
    'too-busy',
    `function ${fn} has ${most} calls under way (SAMPAN_MAX_CALLS_PER_FUNCTION)`,
  )
}

/** All functions together. */
export function tooMany(most: number): FaasError {
  return new FaasError('unavailable', `the gateway has ${most} calls under way (SAMPAN_MAX_CALLS)`)
}
