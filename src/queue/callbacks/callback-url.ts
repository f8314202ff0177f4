import { FaasError } from '../../core/errors.ts'
import { bareHost } from './address-policy.ts'

const HEADER = 'X-Callback-Url'

/** As long as a URL may be that everybody takes. */
const MOST_CHARACTERS = 2_048

/** What the check of a URL asks for. */
export interface CallbackUrlPolicy {
  /** Whether it is a call to this gateway, which needs no connection: see `ownFunctionTarget`. */
  isOwnCall(url: URL): boolean
  /** `AddressPolicy.hostRefusal`. */
  hostRefusal(host: string, port: number): string | null
}

/**
 * The URL of a caller's `X-Callback-Url`, looked at before the call is taken. Throws `invalid` with a
 * sentence that repeats nothing but the host, since the rest may be secret. Names are not resolved: whether
 * one leads to a good place is seen when the callback is sent.
 */
export function checkCallbackUrl(text: string, policy: CallbackUrlPolicy): URL {
  const problem = textProblem(text)
  if (problem !== null) throw invalid(problem)
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) throw invalid('is not a URL')

  const refusal = urlProblem(url) ?? (policy.isOwnCall(url) ? null : hostProblem(url, policy))
  if (refusal !== null) throw invalid(refusal)
  return url
}

/**
 * Why a URL that a redirect leads to may not be called, as a sentence without its subject; null: it may be
 * tried.
 */
export function targetProblem(url: URL, policy: Pick<CallbackUrlPolicy, 'hostRefusal'>): string | null {
  if (url.href.length > MOST_CHARACTERS) return TOO_LONG
  return urlProblem(url) ?? hostProblem(url, policy)
}

/**
 * Path and query of a call to a function of this gateway, beginning with `/function/` or `/async-function/`;
 * null when the URL leads anywhere else. `hostNames` are names and addresses that are certainly ours, in
 * lower case, those of IPv6 without brackets: never "any name".
 */
export function ownFunctionTarget(url: URL, hostNames: ReadonlySet<string>, port: number): string | null {
  if (url.protocol !== 'http:' || portOf(url) !== port || !hostNames.has(bareHost(url.hostname))) return null
  return /^\/(?:async-)?function\/[^/]/.test(url.pathname) ? url.pathname + url.search : null
}

/** The port that is meant, said or not. */
export function portOf(url: URL): number {
  if (url.port !== '') return Number(url.port)
  return url.protocol === 'https:' ? 443 : 80
}

/** The value of `Authorization` for the user and password in a URL; null without. */
export function basicCredentials(url: URL): string | null {
  if (url.username === '' && url.password === '') return null
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return `Basic ${Buffer.from(pair, 'utf8').toString('base64')}`
}

const TOO_LONG = `is longer than ${MOST_CHARACTERS} characters, a fixed limit of the gateway`

/** What `URL` would mend in silence, so that two readers could see two URLs. */
function textProblem(text: string): string | null {
  if (text.length > MOST_CHARACTERS) return TOO_LONG
  if (!/^https?:\/\/[^/]/i.test(text)) return 'must be an absolute URL that begins with http:// or https://'
  if (!/^[!-~]*$/.test(text)) return 'has blanks, control characters or letters that are not percent-encoded'
  if (text.includes('\\')) return 'has a backslash'
  if (text.includes('#')) return 'has a fragment, which no server would see'
  return null
}

function urlProblem(url: URL): string | null {
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://'
  if (url.port === '0') return 'has the port 0'
  if (!isDecodable(url)) return 'has a user or password that cannot be sent as Basic authorization'
  return null
}

function hostProblem(url: URL, policy: Pick<CallbackUrlPolicy, 'hostRefusal'>): string | null {
  const refusal = policy.hostRefusal(url.hostname, portOf(url))
  return refusal === null ? null : `may not be called: ${refusal}`
}

function isDecodable(url: URL): boolean {
  try {
    decodeURIComponent(url.password)
    // The first colon ends the name (RFC 7617, 2).
    return !decodeURIComponent(url.username).includes(':')
  } catch {
    return false
  }
}

function invalid(problem: string): FaasError {
  return new FaasError('invalid', `the URL in the header ${HEADER} ${problem}`)
}
