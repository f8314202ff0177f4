/** How many places a lane may hold for each one that is free. */
const GREED = 3

/** Taken in one pull, however much room there is: the next lane wants a turn, too. */
const MOST_AT_ONCE = 32

export interface ShareFacts {
  /** Places that nobody has. */
  readonly free: number
  /** Places that this lane has. */
  readonly held: number
  /** The most that it may have. */
  readonly limit: number
  /** Lanes that want a place, this one included. */
  readonly hungry: number
}

/**
 * How many messages a lane may take now. A lane alone gets three quarters of all places; when more come, all
 * shrink: some places are always free, so that a function that was idle does not wait for the long calls of a
 * busy one ("dynamic thresholds", Choudhury and Hahne 1998).
 */
export function shareOf({ free, held, limit, hungry }: ShareFacts): number {
  if (free <= 0) return 0
  const most = Math.min(limit, Math.max(1, Math.floor((GREED * (free + held)) / (GREED + 1))))
  const fair = Math.max(1, Math.ceil(free / Math.max(1, hungry)))
  return Math.max(0, Math.min(most - held, fair, MOST_AT_ONCE))
}
