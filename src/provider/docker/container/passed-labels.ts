import { FaasError } from '../../../core/errors.ts'
import type { FunctionSpec, StringMap } from '../../../core/functions/function-spec.ts'

/**
 * Most characters of the passed labels of one function: the engine sends them with every list of containers.
 */
const MOST_CHARACTERS = 16_384

/**
 * The labels of a function that its containers carry too, for programs on the host that read them: those that
 * begin with one of `prefixes`. None by default, because some such programs act on labels. Throws `invalid`
 * when they are too long. Pure.
 */
export function passedLabels({ labels }: FunctionSpec, prefixes: readonly string[]): StringMap {
  if (prefixes.length === 0) return {}
  const passed = Object.entries(labels).filter(([key]) => prefixes.some((prefix) => key.startsWith(prefix)))
  const length = passed.reduce((sum, [key, value]) => sum + key.length + value.length, 0)
  if (length > MOST_CHARACTERS) {
    throw new FaasError(
      'invalid',
      `labels: those that containers carry (SAMPAN_CONTAINER_LABELS) have ${length} characters together; the most is ${MOST_CHARACTERS}`,
    )
  }
  return Object.fromEntries(passed)
}
