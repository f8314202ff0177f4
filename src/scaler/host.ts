import { availableParallelism, freemem, totalmem } from 'node:os'

/** This machine, as the scaler sees it. */
export interface Host {
  readonly cores: number
  readonly totalBytes: number
  /** Memory that programs could have now, caches that would give way included. */
  availableBytes(): number
}

export function thisHost(): Host {
  return { cores: availableParallelism(), totalBytes: totalmem(), availableBytes: freemem }
}
