import { every } from '../clock.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { DeployedFunction } from '../core/functions/function-spec.ts'
import type { ScalingPolicy } from '../core/scaling/scaling-labels.ts'
import { Autoscaler } from './autoscaler.ts'
import { FunctionTrack } from './function-track.ts'
import { Idler } from './idler.ts'
import type { ScalerMode, ScalerOptions, ScalerPorts } from './scaler-ports.ts'
import { Rollouts } from './rollouts.ts'
import { ScalingEvents } from './scaling-events.ts'
import { USAGE_INTERVAL_MS } from './usage-window.ts'

export type { ScalerMode, ScalerOptions, ScalerPorts } from './scaler-ports.ts'
export { thisHost, type Host } from './host.ts'

/** Calls are counted once a second; counts of replicas are decided every other time. */
const SAMPLE_MS = 1_000
const SAMPLES_PER_TICK = 2
/** Shortest time between two looks at a function whose calls wait. */
const NUDGE_MS = 500
/** Longest wait for figures of one round. */
const USAGE_LIMIT_MS = 5_000

/** What is shown of the scaling of one function. */
export interface ScalingFigures extends Pick<ScalingPolicy, 'type' | 'target' | 'min' | 'max'> {
  /** What the load asks for. */
  readonly recommended: number
  /** The host has no room for that. */
  readonly isLimited: boolean
}

/**
 * Scales functions by their load, and decides that idle ones rest. It only writes desired state, as users do:
 * who is asked to is the control.
 */
export class Scaler {
  readonly mode: ScalerMode
  readonly events: ScalingEvents
  readonly #ports: ScalerPorts
  readonly #options: ScalerOptions
  readonly #tracks = new Map<FunctionName, FunctionTrack>()
  readonly #autoscaler: Autoscaler
  readonly #idler: Idler
  readonly #rollouts: Rollouts
  readonly #stopping = new AbortController()
  #loops: readonly Promise<void>[] = []
  #samples = 0
  /** Of the round of measurements under way. */
  #measuring = new AbortController()

  constructor(ports: ScalerPorts, options: ScalerOptions) {
    this.mode = options.mode
    this.#ports = ports
    this.#options = options
    const { clock, log } = ports
    const events = new ScalingEvents(log, () => clock.wall())
    this.events = events
    this.#rollouts = new Rollouts(events)
    const tracks = (): Iterable<FunctionTrack> => this.#tracks.values()
    this.#autoscaler = new Autoscaler({ ...options, ports, events, tracks })
    this.#idler = new Idler({ ports, events, host: options.host, autoscaler: this.#autoscaler })
  }

  /** Begins to count. Nothing is idle before its whole duration from now on. */
  start(): void {
    for (const fn of this.#ports.functions()) this.changed(fn)
    if (this.mode === 'off') return
    const { clock, log } = this.#ports
    const signal = this.#stopping.signal
    const onError = (err: unknown): void => log.error('scaling failed', { err })
    const usual = { clock, signal, onError }
    const loops = [every({ ...usual, intervalMs: SAMPLE_MS }, () => this.#round())]
    if (this.mode === 'builtin')
      loops.push(every({ ...usual, intervalMs: USAGE_INTERVAL_MS }, () => this.#measure()))
    this.#loops = loops
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#measuring.abort()
    await Promise.all(this.#loops)
  }

  /** A function is new, or something else is desired of it. `returnsTo`: an earlier revision that it is again. */
  changed(fn: DeployedFunction, returnsTo?: number): void {
    const nowMs = this.#ports.clock.now()
    const { name } = fn.spec
    const track = this.#tracks.get(name)
    this.#rollouts.changed(fn, track?.fn ?? null, returnsTo)
    if (track === undefined) {
      this.#tracks.set(name, new FunctionTrack(fn, this.#options.defaults, nowMs))
      return
    }
    const before = track.fn
    track.become(fn, nowMs)
    if (!isAsleep(before) || isAsleep(fn)) return
    track.activeAtMs = nowMs
    const isCalled = nowMs - track.nudgedAtMs < SAMPLE_MS
    const reason = isCalled ? 'a call waits' : 'it was scaled, or called'
    this.events.tell({ fn: name, kind: 'woken', from: before.replicas, to: fn.replicas, reason })
  }

  removed(name: FunctionName): void {
    this.#tracks.delete(name)
    this.#rollouts.forget(name)
    this.events.forget(name)
  }

  /** How a function does may have changed. */
  noted(name: FunctionName): void {
    this.#rollouts.noted(name, this.#ports.condition(name))
  }

  /** A call waits for a replica, or was refused: there is reason for a look before the next one is due. */
  nudge(name: FunctionName): void {
    const track = this.#tracks.get(name)
    if (track === undefined || track.isNudged) return
    const { clock } = this.#ports
    const nowMs = clock.now()
    const sinceMs = nowMs - track.nudgedAtMs
    track.nudgedAtMs = nowMs
    if (this.mode !== 'builtin') return
    track.isNudged = true
    clock.after(Math.max(0, NUDGE_MS - sinceMs), () => {
      track.isNudged = false
      if (this.#stopping.signal.aborted || this.#tracks.get(name) !== track) return
      this.#sample(track, clock.now())
      this.#autoscaler.decide(track, clock.now())
    })
  }

  /** An alert is firing for the function, which asks for at least so many replicas; `builtin` only. */
  alertFires(name: FunctionName, replicas: number): void {
    const track = this.#tracks.get(name)
    if (track !== undefined && !track.isStatic)
      this.#autoscaler.raise(track, replicas, this.#ports.clock.now())
  }

  /** It is not firing any more. */
  alertEnds(name: FunctionName): void {
    const track = this.#tracks.get(name)
    if (track !== undefined) this.#autoscaler.release(track, this.#ports.clock.now())
  }

  /** How the function is scaled; undefined for one that is not known. */
  figures(name: FunctionName): ScalingFigures | undefined {
    const track = this.#tracks.get(name)
    if (track === undefined) return undefined
    const { policy, recommended, isLimited } = track
    const { type, target, min, max } = policy
    return { type, target, min, max, recommended, isLimited }
  }

  #round(): void {
    const nowMs = this.#ports.clock.now()
    for (const track of this.#tracks.values()) this.#sample(track, nowMs)
    this.#samples += 1
    if (this.#samples % SAMPLES_PER_TICK !== 0) return
    if (this.mode === 'builtin') this.#autoscaler.decideAll(nowMs)
    this.#idler.look(this.#tracks.values(), nowMs)
  }

  #sample(track: FunctionTrack, nowMs: number): void {
    const { name } = track.fn.spec
    const counters = this.#ports.calls(name)
    if (counters === undefined) return
    const wasCalled = track.sample(nowMs, counters)
    // Called while it rests: a replica of it was not frozen (yet), so that no call had to wake it.
    if (wasCalled && track.fn.isResting === true) this.#ports.wake(name)
  }

  /** Measures what those use that are scaled by it. */
  async #measure(): Promise<void> {
    const end = (this.#measuring = new AbortController())
    const cancelLimit = this.#ports.clock.after(USAGE_LIMIT_MS, () => end.abort())
    const measured = [...this.#tracks.values()].filter(
      ({ fn, policy: { type } }) =>
        (type === 'cpu' || type === 'memory') && fn.replicas > 0 && fn.isResting !== true,
    )
    await Promise.all(
      measured.map(async ({ fn, usage }) => {
        const found = await this.#ports.usage(fn.spec.name, end.signal).catch(() => null)
        if (found !== null) usage.add(found)
      }),
    )
    cancelLimit()
  }
}

function isAsleep({ replicas, isResting }: DeployedFunction): boolean {
  return replicas === 0 || isResting === true
}
