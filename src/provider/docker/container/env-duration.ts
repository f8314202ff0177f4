import { parseDuration } from '../../../core/duration.ts'

/**
 * A duration in a function's environment, which is the function's own affair: null when it is absent or makes
 * no sense.
 */
export function envDurationMs(text: string | undefined): number | null {
  if (text === undefined || text === '') return null
  try {
    return parseDuration(text)
  } catch {
    // Its watchdog will complain about it; we only need a figure.
    return null
  }
}
