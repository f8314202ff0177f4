import { HopelessError } from './callback.ts'

/** Ends an attempt from our side; the message is its reason. */
export class AttemptEndedError extends Error {}

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections',
  ECONNRESET: 'broke off before it answered',
  EPIPE: 'broke off before it answered',
  ENOTFOUND: 'has a name that cannot be resolved',
  EAI_AGAIN: 'has a name that cannot be resolved at the moment',
  ETIMEDOUT: 'cannot be reached in time',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  EPROTO: 'does not speak TLS as we do',
}

/**
 * Why an attempt failed, for a person. `origin` is all of the URL that may be told: paths and queries of
 * callbacks are often secrets.
 */
export function failureReason(error: unknown, origin: string): string {
  if (error instanceof HopelessError || error instanceof AttemptEndedError) return error.message
  const code = codeOf(error)
  if (code === '') return `${origin} could not be called`
  const known = REASONS[code]
  if (known !== undefined) return `${origin} ${known} (${code})`
  if (/CERT|SIGNATURE|ISSUER|CRL|CHAIN|HOSTNAME/.test(code))
    return `the certificate of ${origin} is not trusted (${code})`
  if (code.startsWith('HPE_')) return `${origin} answers with something else than HTTP/1.1 (${code})`
  return `${origin} could not be called (${code})`
}

/** Of several attempts at one name, of which each has a code: that of the last one. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors.at(-1))
  return error instanceof Error && 'code' in error ? String(error.code) : ''
}
