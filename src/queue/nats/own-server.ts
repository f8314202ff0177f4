import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { dial, type DialledServer, type DialTimes } from './client.ts'
import { DiskGuard, USUAL_RESERVE, type DiskReserve } from './disk-guard.ts'
import { askHealth, type Health } from './health.ts'
import { ServerProcess, type OwnServerOptions, type RunningServer } from './server-process.ts'
import type { ServerSide } from './server-side.ts'
import type { RestartReason } from './session.ts'

const HEALTH_LIMIT_MS = 5_000
/** So often in a row it may not be spoken to before it is started anew. */
const MOST_SILENCES = 3

/**
 * Our server as the link uses it: when it must be started anew, and why. From 2.14 on a stream that once could
 * not write stays shut until then (nats-server#7788), which is in vain while the disk is full.
 */
export class OwnServer implements ServerSide {
  readonly isOwn = true
  readonly name = 'our server'
  readonly unansweredReason = undefined
  readonly restarts: Record<RestartReason, number> = { exit: 0, write_error: 0, unresponsive: 0 }
  readonly #process: ServerProcess
  readonly #clock: Clock
  readonly #log: Log
  readonly #guard: DiskGuard
  #running: RunningServer | undefined
  #writeError: string | undefined
  #hadWriteError = false
  #silences = 0
  /** For the time that the end may take. */
  #consumers = 0

  constructor(options: OwnServerOptions & { readonly reserve?: DiskReserve }, clock: Clock, log: Log) {
    this.#process = new ServerProcess(options, clock, log)
    this.#clock = clock
    this.#log = log
    this.#guard = new DiskGuard(options.folder, options.reserve ?? USUAL_RESERVE, clock)
  }

  get diskReason(): string {
    return this.#guard.reason
  }

  /** Starts it where it must be started. */
  async dial(times: DialTimes, signal: AbortSignal): Promise<DialledServer> {
    const { url, user, password } = await this.#ready(signal)
    try {
      const dialled = await dial({ url: `nats://${user}:${password}@${new URL(url).host}` }, times)
      this.#silences = 0
      return dialled
    } catch (error) {
      this.#silences += 1
      throw error
    }
  }

  /** A failed write is remembered: before the next session the server is started anew. */
  async health(signal: AbortSignal): Promise<Health> {
    if (this.#running === undefined) return { kind: 'well', text: '' }
    const within = AbortSignal.any([signal, this.#clock.timeout(HEALTH_LIMIT_MS)])
    const health = await askHealth(this.#running.healthUrl, within)
    if (health.kind === 'write-error') this.#writeError = health.text
    return health
  }

  takeWriteError(): boolean {
    const had = this.#hadWriteError
    this.#hadWriteError = false
    return had
  }

  noteConsumers(count: number): void {
    this.#consumers = count
  }

  watchDisk(intervalMs: number, signal: AbortSignal): Promise<void> {
    return this.#guard.run(intervalMs, signal)
  }

  async stop(): Promise<void> {
    await this.#process.stop(this.#consumers)
  }

  async #ready(signal: AbortSignal): Promise<RunningServer> {
    if (this.#writeError !== undefined) await this.#restartAfterWriteError(this.#writeError)
    else if (this.#silences >= MOST_SILENCES) await this.#end('unresponsive')
    else if (this.#running !== undefined && !this.#process.isRunning) this.restarts.exit += 1
    this.#running = undefined
    this.#running = await this.#process.start(signal)
    return this.#running
  }

  async #restartAfterWriteError(text: string): Promise<void> {
    const full = await this.#guard.look()
    if (full !== '') throw new Error(explainWriteError(text, full))
    this.#log.warn('nats-server is restarted: a write failed', { reason: text })
    await this.#end('write_error')
    this.#writeError = undefined
    this.#hadWriteError = true
  }

  async #end(reason: RestartReason): Promise<void> {
    this.restarts[reason] += 1
    this.#silences = 0
    await this.stop()
  }
}

/** Why nothing is accepted: what the server said, and what stands in the way of a new start, if anything. */
export function explainWriteError(text: string, full = ''): string {
  const rest =
    full === '' ? 'nats-server is started anew' : `nats-server is started anew when there is room: ${full}`
  return `a write of nats-server to its disk failed (${text}); ${rest}`
}
