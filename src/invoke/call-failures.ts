import type { CallCountLimit, TimeLimit } from '../core/calls/call-policy.ts'
import { formatDuration } from '../core/duration.ts'
import { FaasError, messageOf } from '../core/errors.ts'
import type { FunctionName } from '../core/functions/function-name.ts'

// Why a call of `fn` fails, in the caller's words: each text names the limit, its value, its setting and who
// imposes it. Pure.

/** `cause`: the reason, where somebody gave one. */
export function noneReady(fn: FunctionName, cause: unknown): FaasError {
  const reason = cause instanceof FaasError ? cause.message : `function ${fn}: no replica is ready`
  return new FaasError('unavailable', reason, { cause, ...retryOf(cause) })
}

/** `obstacle`: empty when nobody knows. */
export function notReady(fn: FunctionName, obstacle: string): FaasError | null {
  return obstacle === '' ? null : new FaasError('unavailable', `function ${fn} is not ready: ${obstacle}`)
}

/** As `noneReady`, when the wait has reached its limit. */
export function waitedTooLong(fn: FunctionName, cause: unknown, { ms, setting }: TimeLimit): FaasError {
  const { message } = noneReady(fn, cause)
  const waited = `the gateway waited ${formatDuration(ms)} for it (${setting})`
  return new FaasError('unavailable', `${message}; ${waited}`, { cause, ...retryOf(cause) })
}

/** The call, or its wait, ends because the gateway stops. */
export function stopping(): FaasError {
  return new FaasError('unavailable', 'the gateway is stopping')
}

/** `fn` is the caller's text, of any length. */
export function notFound(fn: string): FaasError {
  return new FaasError('not-found', `function not found: ${fn.slice(0, 127)}`)
}

/** `what` completes "the gateway waited for the function to …". */
export function timedOut(fn: FunctionName, what: string, { ms, setting }: TimeLimit): FaasError {
  const waited = `the gateway waited ${formatDuration(ms)} for function ${fn} to ${what}`
  return new FaasError('timed-out', `${waited} (${setting})`)
}

export function unsendable(cause: Error): FaasError {
  return new FaasError('invalid', messageOf(cause), { cause })
}

/** `fate`: how its process ended, where that is known. */
export function brokenOff(fn: FunctionName, cause: Error, fate = ''): FaasError {
  const reason = messageOf(cause) + (fate === '' ? '' : `: ${fate}`)
  return new FaasError('bad-gateway', `function ${fn} cannot be reached or broke off: ${reason}`, { cause })
}

/** This function has reached its limit. */
export function tooManyOf(fn: FunctionName, { most, setting }: CallCountLimit): FaasError {
  return new FaasError('too-busy', `the gateway has ${most} calls of function ${fn} under way (${setting})`)
}

/** All functions together have reached the limit. */
export function tooMany(most: number): FaasError {
  return new FaasError('unavailable', `the gateway has ${most} calls under way (SAMPAN_MAX_CALLS)`)
}

/** So many calls wait for a replica of `fn` already that this one may not. */
export function roomFull(fn: FunctionName, { most, setting }: CallCountLimit): FaasError {
  const reason = `${most} calls wait for it already (${setting})`
  return new FaasError('unavailable', `function ${fn} is not ready: ${reason}`, { retryAfterS: 1 })
}

/** No replica had room for the call in time. `perReplica`: null when the limit was taken away meanwhile. */
export function noPlace(fn: FunctionName, perReplica: CallCountLimit | null, wait: TimeLimit): FaasError {
  const waited = `the gateway waited ${formatDuration(wait.ms)} (${wait.setting})`
  const each = perReplica === null ? '' : `: each takes ${perReplica.most} (${perReplica.setting})`
  return new FaasError('too-busy', `${waited} for a replica of function ${fn} with room for the call${each}`)
}

/** So many calls wait for a replica of `fn` with room already that this one may not. */
export function queueFull(fn: FunctionName, { most, setting }: CallCountLimit): FaasError {
  return new FaasError(
    'too-busy',
    `${most} calls wait for a replica of function ${fn} with room (${setting})`,
  )
}

/** When the reason knows it. */
function retryOf(cause: unknown): { readonly retryAfterS?: number } {
  const seconds = cause instanceof FaasError ? cause.retryAfterS : undefined
  return seconds === undefined ? {} : { retryAfterS: seconds }
}
