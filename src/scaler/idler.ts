import { formatDuration } from '../core/duration.ts'
import { isShortOfMemory } from '../core/scaling/host-budget.ts'
import { reposeOf } from '../core/scaling/idleness.ts'
import { isAtZero } from '../core/scaling/shown-replicas.ts'
import type { Autoscaler } from './autoscaler.ts'
import type { FunctionTrack } from './function-track.ts'
import type { ScalerPorts } from './scaler-ports.ts'
import type { Host } from './host.ts'
import type { ScalingEvents } from './scaling-events.ts'

/** Functions that are laid to rest or removed per look: after a restart a thousand are idle at once. */
const MOST_PER_LOOK = 50
/** Functions that give up their memory per look when it is short: it takes a moment until that shows. */
const MOST_FOR_MEMORY = 4
/** How often one that rests is told so again while a replica of it is not frozen. */
const REPEAT_MS = 10_000

export interface IdlerOptions {
  readonly ports: ScalerPorts
  readonly events: ScalingEvents
  readonly host: Host
  readonly autoscaler: Pick<Autoscaler, 'set'>
}

/** Decides that functions rest, and that they give up their replicas. */
export class Idler {
  readonly #options: IdlerOptions

  constructor(options: IdlerOptions) {
    this.#options = options
  }

  /** Looks at all functions. Their calls were sampled in this turn. */
  look(tracks: Iterable<FunctionTrack>, nowMs: number): void {
    const resting: FunctionTrack[] = []
    let left = MOST_PER_LOOK
    for (const track of tracks) {
      if (left > 0 && this.#lookAt(track, nowMs)) left -= 1
      if (track.fn.replicas > 0 && isAtZero(track.fn) && !this.#isBusy(track)) resting.push(track)
    }
    this.#makeRoom(resting)
  }

  /** Whether something was done. */
  #lookAt(track: FunctionTrack, nowMs: number): boolean {
    const { fn, policy, activeAtMs } = track
    const { name } = fn.spec
    const isResting = fn.isResting === true
    if ((isResting || fn.replicas === 0) && this.#options.ports.backlog(name) > 0) {
      // A queued call is about to be made: it need not wait for the start.
      this.#options.ports.wake(name)
      return true
    }
    const idleMs = nowMs - activeAtMs
    const repose = fn.replicas === 0 ? 'stay' : reposeOf(policy, { idleMs, isResting })
    if (repose === 'stay' || this.#isBusy(track)) return false
    if (repose === 'wake') this.#options.ports.wake(name)
    else if (repose === 'remove') this.#remove(track, `no call for ${formatDuration(floorSeconds(idleMs))}`)
    else return this.#rest(track, nowMs)
    return true
  }

  /** Of one that does not work nothing is expected but that somebody looks at it: it does not rest. */
  #rest(track: FunctionTrack, nowMs: number): boolean {
    const { ports, events } = this.#options
    const { spec, isResting, replicas } = track.fn
    const isAwake = ports.replicas(spec.name).some(({ state }) => state === 'ready')
    if (!isAwake || (isResting === true && nowMs - track.restedAtMs < REPEAT_MS)) return false
    try {
      ports.rest(spec.name)
    } catch (err) {
      ports.log.error('function could not be laid to rest', { fn: spec.name, err })
      return true
    }
    track.restedAtMs = nowMs
    if (isResting === true) return true
    const reason = `no call for ${formatDuration(floorSeconds(nowMs - track.activeAtMs))}`
    events.tell({ fn: spec.name, kind: 'rested', from: replicas, to: replicas, reason })
    return true
  }

  #remove(track: FunctionTrack, reason: string): void {
    this.#options.autoscaler.set(track, 0, reason)
  }

  /** Those that were not called for longest go first. */
  #makeRoom(resting: readonly FunctionTrack[]): void {
    if (resting.length === 0) return
    const { host } = this.#options
    if (!isShortOfMemory(host.availableBytes(), host.totalBytes)) return
    const oldest = resting.toSorted((one, other) => one.activeAtMs - other.activeAtMs)
    for (const track of oldest.slice(0, MOST_FOR_MEMORY)) this.#remove(track, 'the host is short of memory')
  }

  /** Calls run or wait, WebSockets are open, or the queue has some. */
  #isBusy({ fn }: FunctionTrack): boolean {
    const { ports } = this.#options
    return (ports.calls(fn.spec.name)?.inFlight ?? 0) > 0 || ports.backlog(fn.spec.name) > 0
  }
}

function floorSeconds(ms: number): number {
  return Math.floor(ms / 1_000) * 1_000
}
