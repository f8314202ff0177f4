import { USUAL_START } from '../../../core/functions/function-condition.ts'
import type { ProviderStatus } from '../../../core/provider/provider.ts'

/** Everything that may keep a function from taking calls. */
export interface Obstacles {
  readonly status: ProviderStatus
  readonly desired: number
  /** The image is being pulled now. */
  readonly isFetching: boolean
  /** Why its last replica died or could not be created; empty when that has not happened. */
  readonly setback: string
  /** Replicas that run but are not ready. */
  readonly starting: number
  /** Of these, those that were ready and now fail their readiness probe. */
  readonly outOfService: number
  /** Of these, those that will hardly become ready by waiting. */
  readonly stuck: number
  /** Of these, those that were paused by hand. */
  readonly paused: number
  /** Why the newest of them is not ready; empty when unknown. */
  readonly lack: string
}

/** The reason for a replica that was paused by hand. */
export const PAUSED = 'its container was paused by hand ("docker unpause" lets it go on)'

/** Why a function has no callable replica; completes "function … is not ready: …". Pure. */
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

/** Whether the obstacle is more than a slow start. Pure. */
export function isTrouble({ status, setback, outOfService, stuck, paused }: Obstacles): boolean {
  return !status.reachable || setback !== '' || outOfService > 0 || stuck > 0 || paused > 0
}
