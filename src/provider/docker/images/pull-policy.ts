import { FaasError } from '../../../core/errors.ts'
import type { StringMap } from '../../../core/function-spec.ts'
import { quoted } from '../../../core/quoted.ts'

/**
 * When the registry is asked: always; only if the engine has none; never; or (`newest`) always, with the
 * engine's own as the fallback. `auto` is `newest`, but an image that was built on this host and never pushed
 * wins where the name does not say which registry it means.
 */
const PULL_POLICIES = ['auto', 'newest', 'always', 'missing', 'never'] as const
export type PullPolicy = (typeof PULL_POLICIES)[number]

const PULL_ANNOTATION = 'com.sampan.pull'

/** What the annotations of a function ask for; throws `invalid` on a value that means nothing. */
export function pullPolicyOf(annotations: StringMap): PullPolicy {
  const value = annotations[PULL_ANNOTATION]
  if (value === undefined) return 'auto'
  const policy = PULL_POLICIES.find((known) => known === value)
  if (policy === undefined) {
    throw new FaasError(
      'invalid',
      `annotations: ${PULL_ANNOTATION} is ${quoted(value)}, and must be one of ${PULL_POLICIES.join(', ')}`,
    )
  }
  return policy
}
