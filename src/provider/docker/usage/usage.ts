import { whenAborted, type Clock } from '../../../clock.ts'
import { messageOf } from '../../../core/errors.ts'
import type { Usage } from '../../../core/provider/provider.ts'
import type { Log } from '../../../log.ts'
import { CgroupUsage } from './cgroup-usage.ts'
import { shortId } from '../../../core/short-id.ts'

/** What this needs of `engine.ts`. */
export interface UsageEngine {
  /** Present usage of the container; null when it was removed. Takes the engine a second or two. */
  containerUsage(id: string, signal: AbortSignal): Promise<Usage | null>
}

export interface UsageMeterOptions {
  readonly engine: UsageEngine
  readonly clock: Clock
  readonly log: Log
  /** Where control groups are mounted; default /sys/fs/cgroup. */
  readonly cgroupRoot?: string
}

/** Shortest time between two samples that gives a figure: the kernel accounts in ticks of up to 10 ms. */
const STEP_MS = 100
/**
 * Time that a figure covers, if there are samples that old. The kernel applies a CPU limit per period of 100
 * ms, at its beginning, so over little more than one period a container limited to 300 millicores shows up to
 * 600.
 */
const WINDOW_MS = 1_000
/** With an older sample the mean would cover a time long past. */
const FRESH_MS = 30_000
/** How long a figure from the engine is reused. */
const ENGINE_FRESH_MS = 5_000
/** Longest wait for the engine. A later answer is used for the next request. */
const ENGINE_WAIT_MS = 120
/** Most requests to the engine at a time. */
const MOST_ASKED = 16

/** CPU time of a container at a moment. */
interface CpuSample {
  readonly atMs: number
  readonly cpuNanos: number
}

interface Reading extends Usage {
  readonly atMs: number
  /**
   * Samples that later figures may start from, oldest first, with this one's last. Null when the figure came
   * from the engine.
   */
  readonly samples: readonly CpuSample[] | null
  /** The first of two samples, without a CPU figure yet. */
  readonly isStart: boolean
}

/**
 * Measures what containers use. Answers within about 150 ms, from the last sample or from two taken 100 ms
 * apart.
 */
export class UsageMeter {
  readonly #engine: UsageEngine
  readonly #clock: Clock
  readonly #log: Log
  readonly #cgroups: CgroupUsage
  readonly #readings = new Map<string, Reading>()
  readonly #asked = new Map<string, Promise<void>>()
  readonly #stopping = new AbortController()
  #tidiedAtMs = 0

  constructor(options: UsageMeterOptions) {
    this.#engine = options.engine
    this.#clock = options.clock
    this.#log = options.log
    this.#cgroups = new CgroupUsage(options.cgroupRoot)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#asked.values())
  }

  /**
   * The sum over these containers. One that was removed, or that the engine has not measured yet, counts as
   * zero.
   */
  async usage(ids: readonly string[], signal: AbortSignal): Promise<Usage> {
    this.#tidy()
    const first = await Promise.all(ids.map((id) => this.#measure(id)))
    const isStepNeeded = first.some((reading) => reading?.isStart)
    if (isStepNeeded) await this.#clock.sleep(STEP_MS, signal)
    const readings = await Promise.all(
      ids.map(async (id, at) => (first[at]?.isStart ? this.#sample(id, first[at]) : first[at])),
    )
    return {
      cpuMillicores: readings.reduce((sum, reading) => sum + (reading?.cpuMillicores ?? 0), 0),
      memoryBytes: readings.reduce((sum, reading) => sum + (reading?.memoryBytes ?? 0), 0),
    }
  }

  async #measure(id: string): Promise<Reading | undefined> {
    const before = this.#readings.get(id)
    const ageMs = before === undefined ? Infinity : this.#clock.now() - before.atMs
    const isFromEngine = before?.samples === null
    if (ageMs < (isFromEngine ? ENGINE_FRESH_MS : STEP_MS)) return before

    const from = ageMs < FRESH_MS && !isFromEngine ? before : undefined
    return (await this.#sample(id, from)) ?? (await this.#ask(id))
  }

  /**
   * A reading from the control group. Its CPU figure is the mean since the samples of `from` in the last
   * second, if there are any.
   */
  async #sample(id: string, from: Reading | undefined): Promise<Reading | undefined> {
    const sample = await this.#cgroups.sample(id)
    if (sample === null) return undefined
    const atMs = this.#clock.now()
    const { cpuNanos, memoryBytes } = sample
    const samples = [...recent(from?.samples ?? [], atMs), { atMs, cpuNanos }]
    const start = samples[0] ?? { atMs, cpuNanos }
    const elapsedMs = atMs - start.atMs
    // A thousandth of a core is a microsecond of CPU per millisecond.
    const cpuMillicores = elapsedMs > 0 ? Math.max(0, (cpuNanos - start.cpuNanos) / 1_000 / elapsedMs) : 0
    const reading = { atMs, cpuMillicores, memoryBytes, samples, isStart: elapsedMs <= 0 }
    this.#readings.set(id, reading)
    return reading
  }

  /** A reading from the engine, or its last one when it takes too long. */
  async #ask(id: string): Promise<Reading | undefined> {
    const answered = this.#asked.get(id) ?? this.#askOnce(id)
    const patience = new AbortController()
    const cancel = this.#clock.after(ENGINE_WAIT_MS, () => patience.abort())
    await Promise.race([answered, whenAborted(patience.signal)])
    cancel()
    return this.#readings.get(id)
  }

  #askOnce(id: string): Promise<void> {
    if (this.#asked.size >= MOST_ASKED || this.#stopping.signal.aborted) return Promise.resolve()
    const asking = (async () => {
      try {
        const usage = await this.#engine.containerUsage(id, this.#stopping.signal)
        if (usage !== null)
          this.#readings.set(id, { ...usage, atMs: this.#clock.now(), samples: null, isStart: false })
      } catch (error) {
        this.#log.debug('usage not measured', { replica: shortId(id), reason: messageOf(error) })
      } finally {
        this.#asked.delete(id)
      }
    })()
    this.#asked.set(id, asking)
    return asking
  }

  /** Forgets containers that nobody has asked for lately. */
  #tidy(): void {
    const nowMs = this.#clock.now()
    if (nowMs - this.#tidiedAtMs < FRESH_MS) return
    this.#tidiedAtMs = nowMs
    for (const [id, reading] of this.#readings) {
      if (nowMs - reading.atMs >= FRESH_MS) this.#readings.delete(id)
    }
  }
}

/** Drops samples older than the newest one that covers the window. */
function recent(samples: readonly CpuSample[], nowMs: number): readonly CpuSample[] {
  const covering = samples.findLastIndex(({ atMs }) => nowMs - atMs >= WINDOW_MS)
  return samples.slice(Math.max(0, covering))
}
