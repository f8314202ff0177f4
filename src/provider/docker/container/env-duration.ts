import { parseDuration } from '../../../core/duration.ts'

/**
 * A duration in a function's environment. Null when it is absent or invalid, because the environment is the
 * function's own business.
 */
export function envDurationMs(text: string | undefined): number | null {
  if (text === undefined || text === '') return null
  try {
    return parseDuration(text)
  } catch {
    // The watchdog will report it; here only the number matters.
    return null
  }
}
