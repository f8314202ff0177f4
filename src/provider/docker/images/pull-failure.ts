import { messageOf } from '../../../core/errors.ts'

/** Why a pull failed: the kinds that are treated or reported differently. */
export type PullFailureKind = 'unreachable' | 'unknown' | 'denied' | 'wrong-platform' | 'no-space' | 'refused'

export interface PullFailure {
  readonly kind: PullFailureKind
  /** The engine's own words, on one line. */
  readonly words: string
  /** For a person, after "image X: ". */
  readonly reason: string
}

/**
 * The engine distinguishes failures only by their text (20.10 answers 404 or 500 with a message, or an error
 * inside a 200). The first match wins: for a name that does not exist, Docker Hub says "pull access denied …
 * may require 'docker login'".
 */
const KINDS: readonly (readonly [RegExp, PullFailureKind])[] = [
  [/no space left on device/i, 'no-space'],
  [
    /no matching manifest|does not match the specified platform|image operating system .{0,40} cannot be used/i,
    'wrong-platform',
  ],
  [/toomanyrequests|too many requests|rate limit/i, 'refused'],
  [/manifest unknown|not found|repository does not exist|name unknown|name_unknown/i, 'unknown'],
  [
    /unauthorized|no basic auth|authentication required|denied|forbidden|incorrect username or password/i,
    'denied',
  ],
  [
    /dial tcp|no such host|connection refused|connection reset|i\/o timeout|timeout|timed out|deadline exceeded|canceled|unreachable|x509|tls|certificate|EOF|http response to https|proxyconnect|server misbehaving|temporary failure|without progress|50[0-9] /i,
    'unreachable',
  ],
]

const SENTENCES: Readonly<Record<PullFailureKind, string>> = {
  unreachable: 'its registry cannot be reached and the engine has no such image',
  unknown: 'its registry has no such image, and neither has the engine',
  denied:
    'its registry asks for other credentials, or there is no such image; log in with "docker login" as the user the daemon runs as',
  'wrong-platform': 'its registry has it, but not for this kind of machine',
  'no-space': 'the disk of the engine is full',
  refused: 'its registry refused the pull, and the engine has no such image',
}

/** Classifies the error of a failed pull. */
export function describePullFailure(error: unknown): PullFailure {
  const words = messageOf(error).replace(/\s+/g, ' ').trim().slice(0, 300)
  const kind = KINDS.find(([pattern]) => pattern.test(words))?.[1] ?? 'refused'
  return { kind, words, reason: `${SENTENCES[kind]} (${words})` }
}
