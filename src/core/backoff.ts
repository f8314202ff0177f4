/** Delay before attempt `attempt` (1 is the first retry): doubles from `firstMs`, never above `mostMs`. */
export function backoffMs(attempt: number, firstMs: number, mostMs: number): number {
  if (attempt <= 0) return 0
  return Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 30))
}
