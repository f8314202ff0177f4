import { formatDuration } from '../core/duration.ts'
import { isShortOfMemory, replicaMemory, roomFor } from '../core/scaling/host-budget.ts'
import { nextCount, recommend, type Load, type Recommendation } from '../core/scaling/scaling-decision.ts'
import type { FunctionTrack } from './function-track.ts'
import { loadOf } from './load-of.ts'
import type { ScalerOptions, ScalerPorts } from './scaler-ports.ts'
import type { ScalingEvents } from './scaling-events.ts'

/** How long after trouble the count is left alone. */
const TROUBLE_MS = 30_000
/** A firing alert counts this long: three times the interval at which AlertManager repeats it. */
const FLOOR_MS = 90_000

/** Units of load, for a person. */
const UNITS = {
  rps: 'calls/s',
  capacity: 'calls at a time',
  cpu: 'millicores',
  memory: 'MiB',
  latency: 'ms per call',
  queue: 'queued calls',
} as const

export interface AutoscalerOptions extends ScalerOptions {
  readonly ports: ScalerPorts
  readonly events: ScalingEvents
  readonly tracks: () => Iterable<FunctionTrack>
}

/** Sets the number of replicas by load, and by alerts from outside. */
export class Autoscaler {
  readonly #options: AutoscalerOptions
  readonly #memoryBytes: number
  /** Memory of all replicas that do not rest, while all functions are looked at one after the other. */
  #usedBytes: number | null = null
  /** The host is short of memory, as of the last look at all functions. */
  #isShort = false

  constructor(options: AutoscalerOptions) {
    this.#options = options
    this.#memoryBytes = options.memoryBytes ?? replicaMemory(options.host.totalBytes)
  }

  /** Looks at all functions. Adds up their memory once: a thousand may be busy. */
  decideAll(nowMs: number): void {
    const { host } = this.#options
    this.#usedBytes = this.#sumBytes()
    this.#isShort = isShortOfMemory(host.availableBytes(), host.totalBytes)
    try {
      for (const track of this.#options.tracks()) {
        const before = track.usedBytes
        this.decide(track, nowMs)
        this.#usedBytes += track.usedBytes - before
      }
    } finally {
      this.#usedBytes = null
    }
  }

  /** Looks at one function. */
  decide(track: FunctionTrack, nowMs: number): void {
    const { floor: floorBefore } = track
    const floor = track.floorAt(nowMs)
    if (floorBefore !== null && floor === 0) this.#tellAlert(track, 'the alert was not repeated in time')
    if (!track.isDecidable || this.#mustWait(track, nowMs)) return
    const { fn, policy, recommendations } = track
    const { ports, host } = this.#options
    const load = loadOf(policy, {
      calls: track.calls,
      usage: track.usage,
      backlog: () => ports.backlog(fn.spec.name),
    })
    if (load === null) return

    const ready = ports.replicas(fn.spec.name).filter(({ state }) => state === 'ready').length
    const desired = fn.replicas
    const now = recommend(policy, { desired, ready, load, room: this.#room(track) })
    track.recommended = now.replicas
    recommendations.add(nowMs, now.replicas)
    this.#noteLimit(track, now)
    const to = nextCount({
      desired,
      ready,
      recommended: now.replicas,
      held: recommendations.largest(nowMs, policy.windowMs),
      floor,
      sinceDownMs: nowMs - track.downAtMs,
      cores: host.cores,
    })
    if (to === desired) {
      if (floor === 0 && desired === policy.min) track.isRaised = false
      return
    }
    if (to < desired) track.downAtMs = nowMs
    const isByAlert = to > desired && floor >= to && now.replicas < to
    this.set(track, to, isByAlert ? 'an alert is firing' : reasonOf(track, load, ready))
  }

  /** An alert asks for at least so many replicas, at once. */
  raise(track: FunctionTrack, replicas: number, nowMs: number): void {
    const isNew = track.floor?.replicas !== replicas
    track.floor = { replicas, untilMs: nowMs + FLOOR_MS }
    track.isRaised = true
    if (isNew) this.#tellAlert(track, `an alert is firing: at least ${replicas}`)
    if (replicas > track.fn.replicas) this.set(track, replicas, 'an alert is firing')
  }

  /** The alert has ended: at once back to what the load has asked for. */
  release(track: FunctionTrack, nowMs: number): void {
    const { policy, fn } = track
    if (track.floor === null) return
    track.floor = null
    track.isRaised = false
    this.#tellAlert(track, 'the alert has ended')
    const to = Math.max(policy.min, track.recommendations.largest(nowMs, policy.windowMs))
    if (to < fn.replicas) this.set(track, to, 'the alert has ended')
  }

  /** Writes another count; tells it when it is written. */
  set(track: FunctionTrack, to: number, reason: string): void {
    const { ports, events } = this.#options
    const { spec, replicas: from } = track.fn
    track.expected = to
    ports.scale(spec.name, to).then(
      (set) => {
        track.isFailing = false
        if (set !== from) {
          const kind = set === 0 ? 'removed' : 'scaled'
          events.tell({ fn: spec.name, kind, from, to: set, reason })
        }
      },
      (err: unknown) => {
        if (!track.isFailing) ports.log.error('function could not be scaled', { fn: spec.name, to, err })
        track.isFailing = true
        track.expected = from
      },
    )
  }

  /** An update is under way, an image on its way, or something went wrong a moment ago. */
  #mustWait(track: FunctionTrack, nowMs: number): boolean {
    const { fn } = track
    const state = this.#options.ports.condition(fn.spec.name)?.state
    if (state === 'failing' || state === 'degraded') track.troubledAtMs = nowMs
    return fn.artifact === null || state === 'updating' || nowMs - track.troubledAtMs < TROUBLE_MS
  }

  #room({ policy, replicaBytes, usedBytes }: FunctionTrack): number {
    if (this.#isShort) return 0
    const room = { cores: this.#options.host.cores, memoryBytes: this.#memoryBytes }
    const othersBytes = (this.#usedBytes ?? this.#sumBytes()) - usedBytes
    return roomFor(room, { isCpuBound: policy.type === 'cpu', replicaBytes, othersBytes })
  }

  #sumBytes(): number {
    let sum = 0
    for (const { usedBytes } of this.#options.tracks()) sum += usedBytes
    return sum
  }

  #noteLimit(track: FunctionTrack, { wanted, replicas }: Recommendation): void {
    const isLimited = replicas < wanted
    if (isLimited && !track.isLimited) {
      const { spec, replicas: from } = track.fn
      const reason = `CapacityLimited: ${wanted} replicas recommended, this host has room for ${replicas}`
      this.#options.events.tell({ fn: spec.name, kind: 'limited', from, to: replicas, reason })
    }
    track.isLimited = isLimited
  }

  #tellAlert({ fn }: FunctionTrack, reason: string): void {
    const { replicas } = fn
    this.#options.events.tell({ fn: fn.spec.name, kind: 'alert', from: replicas, to: replicas, reason })
  }
}

function reasonOf(
  { policy, recommended, fn, calls }: FunctionTrack,
  { up, down }: Load,
  ready: number,
): string {
  const { type, target, proportion, windowMs } = policy
  if (type === null) return 'no alert is firing'
  const isUp = recommended > fn.replicas
  const slowest = type === 'latency' ? ` (95 of 100 within ${calls?.p95Ms ?? 0} ms)` : ''
  const load = `${round(isUp ? up : down)} ${UNITS[type]}${slowest}`
  const since = isUp || windowMs === 0 ? '' : ` for ${formatDuration(windowMs)}`
  return `${load}${since}, target ${round(target * proportion)} each, ${ready} ready: ${recommended} recommended`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
