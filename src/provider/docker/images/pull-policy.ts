import { FaasError } from '../../../core/errors.ts'
import type { StringMap } from '../../../core/functions/function-spec.ts'
import { quoted } from '../../../core/quoted.ts'

/**
 * When the registry is asked: always; only if the engine has no such image; never; or (`newest`) always, with
 * the engine's image as the fallback. `auto` is `newest`, except that an image built on this host and never
 * pushed is used when the name contains no registry.
 */
const PULL_POLICIES = ['auto', 'newest', 'always', 'missing', 'never'] as const
export type PullPolicy = (typeof PULL_POLICIES)[number]

const PULL_ANNOTATION = 'com.sampan.pull'

/** The policy in the annotations of a function; throws `invalid` for an unknown value. */
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
