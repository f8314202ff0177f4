import type { FunctionName } from '../../core/function-name.ts'
import type { ProviderStatus } from '../../core/provider.ts'

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
  readonly withdrawn: number
  /** What the newest of them lacks; empty when that is not known. */
  readonly lack: string
}

/** Why `fn` has no replica that can be called, in one sentence for the caller. Pure. */
export function explainNotReady(fn: FunctionName, obstacles: Obstacles): string {
  const { status, desired, isFetching, setback, starting, withdrawn, lack } = obstacles
  const subject = `function ${fn} is not ready`
  if (!status.reachable) return `${subject}: ${status.reason || 'Docker is not reachable'}`
  if (desired === 0) return `${subject}: it is scaled to zero`
  if (isFetching) return `${subject}: its image is being pulled${setback === '' ? '' : ` (${setback})`}`
  if (setback !== '') return `${subject}: ${setback}`
  if (withdrawn > 0) return `${subject}: it fails its readiness probe${lack === '' ? '' : ` (${lack})`}`
  if (starting > 0) return `${subject}: ${lack === '' ? 'it is still starting' : lack}`
  return `${subject}: its container is being made`
}
