import type { ScalingPolicy } from './scaling-labels.ts'

/** A function that nobody calls. */
export interface IdleFacts {
  /** Since the last call ended, and at least since the deploy and the start of the daemon. */
  readonly idleMs: number
  readonly isResting: boolean
}

/** What an idle function does. */
export type Repose =
  | 'stay'
  | 'rest'
  /** Gives its replicas up. */
  | 'remove'
  /** It rests, and its labels do not want that (any more). */
  | 'wake'

/** What a function without calls does. Pure. */
export function reposeOf(policy: ScalingPolicy, { idleMs, isResting }: IdleFacts): Repose {
  const { zeroAfterMs, freezeAfterMs, removeAfterMs, removesAtZero } = policy
  if (zeroAfterMs !== null) {
    const removeMs = removesAtZero ? zeroAfterMs : zeroAfterMs + removeAfterMs
    if (idleMs >= removeMs) return 'remove'
  }
  const zeroMs = zeroAfterMs === null || removesAtZero ? Infinity : zeroAfterMs
  const restMs = Math.min(freezeAfterMs ?? Infinity, zeroMs)
  if (restMs === Infinity) return isResting ? 'wake' : 'stay'
  return isResting || idleMs >= restMs ? 'rest' : 'stay'
}
