import { USUAL_START } from '../../../core/function-condition.ts'
import type { ProviderStatus } from '../../../core/provider.ts'

/** All that may keep a function from being called. */
export interface Obstacles {
  readonly status: ProviderStatus
  readonly desired: number
  /** The image is being fetched right now. */
  readonly isFetching: boolean
  /** Why its last replica died or could not be made; empty when that has not happened. */
  readonly setback: string
  /** Replicas that run but are not ready. */
  readonly starting: number
  /** Of these, those that were ready and fail their readiness probe now. */
  readonly outOfService: number
  /** Of these, those whose lack hardly goes away by waiting. */
  readonly stuck: number
  /** Of these, those that somebody halted by hand. */
  readonly paused: number
  /** What the newest of them lacks; empty when that is not known. */
  readonly lack: string
}

/** What is said of a replica that somebody halted by hand. */
export const PAUSED = 'its container was paused by hand ("docker unpause" lets it go on)'

/** Why a function has no replica that can be called; completes "function … is not ready: …". Pure. */
export function whyNotReady(obstacles: Obstacles): string {
  const { status, desired, isFetching, setback, starting, outOfService, paused, lack } = obstacles
  if (!status.reachable) return status.reason || 'Docker is not reachable'
  if (desired === 0) return 'it is scaled to zero'
  if (isFetching) return `its image is being pulled${setback === '' ? '' : ` (${setback})`}`
  if (paused > 0) return PAUSED
  if (setback !== '') return setback
  if (outOfService > 0) return `it fails its readiness probe${lack === '' ? '' : ` (${lack})`}`
  if (starting > 0) return lack === '' ? USUAL_START.starting : lack
  return USUAL_START.made
}

/** Whether what stands in the way is more than a start that takes its time. Pure. */
export function isTrouble({ status, setback, outOfService, stuck, paused }: Obstacles): boolean {
  return !status.reachable || setback !== '' || outOfService > 0 || stuck > 0 || paused > 0
}
