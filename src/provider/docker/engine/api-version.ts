import { FaasError } from '../../../core/errors.ts'
import type { EngineVersion } from './answers.ts'

/** Oldest API version with everything that we need: Docker 20.10. */
const FLOOR = '1.41'
/**
 * Newest API version that this code was written against. It is also used with newer engines, as long as they
 * support it.
 */
const NEWEST = '1.52'

/**
 * The API version to speak with this engine. No fixed one suits all: Debian 12's engine offers at most 1.41,
 * engine 29 refuses below 1.44. Throws `unavailable` when the engine is too old.
 */
export function pickApiVersion(
  engine: Pick<EngineVersion, 'apiVersion' | 'minApiVersion' | 'version'>,
): string {
  const { apiVersion, minApiVersion, version } = engine
  // Some compatible engines do not tell; they accept the oldest version.
  if (apiVersion === '') return FLOOR
  if (compare(apiVersion, FLOOR) < 0) {
    throw new FaasError(
      'unavailable',
      `Docker ${version} speaks API ${apiVersion}; Sampan needs ${FLOOR} (Docker 20.10) or later`,
    )
  }
  const wanted = compare(apiVersion, NEWEST) < 0 ? apiVersion : NEWEST
  return minApiVersion !== '' && compare(minApiVersion, wanted) > 0 ? minApiVersion : wanted
}

function compare(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number)
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number)
  return leftMajor - rightMajor || leftMinor - rightMinor
}
