import type { Readable } from 'node:stream'
import { type Clock, deferred } from '../../../clock.ts'
import { backoffMs } from '../../../core/backoff.ts'
import { messageOf } from '../../../core/errors.ts'
import type { ProviderStatus } from '../../../core/provider/provider.ts'
import type { Log } from '../../../log.ts'
import type { EngineVersion } from './answers.ts'
import { type ContainerEvent, containerEvents } from './events.ts'

/** What this needs of `engine.ts`. */
export interface LinkEngine {
  connect(): Promise<EngineVersion>
  events(signal: AbortSignal): Promise<Readable>
}

export interface LinkOptions {
  readonly engine: LinkEngine
  /** Of our containers: `key=value`. */
  readonly label: string
  readonly clock: Clock
  readonly log: Log
  /**
   * Reads the whole state. Events that come meanwhile are delivered afterwards. The link is up when this is
   * done.
   */
  readonly look: () => Promise<void>
  readonly onUp: () => void
  readonly onEvent: (event: ContainerEvent) => void
}

const FIRST_PAUSE_MS = 250
const LONGEST_PAUSE_MS = 5_000

/**
 * Keeps the connection to the engine: connects, listens to events, reads the state, and reconnects after a
 * loss. Other parts ask `isUp`, and report a suspected loss with `lost`.
 */
export class EngineLink {
  readonly #options: LinkOptions
  readonly #stopping = new AbortController()
  readonly #firstTry = deferred<void>()
  #session = new AbortController()
  #run: Promise<void> | undefined
  #engine: EngineVersion | undefined
  #isUp = false
  #reason = 'not asked yet'

  constructor(options: LinkOptions) {
    this.#options = options
  }

  get isUp(): boolean {
    return this.#isUp
  }

  /** The engine at the other end; undefined before the first contact. */
  get engine(): EngineVersion | undefined {
    return this.#engine
  }

  /** Resolves when the first attempt to connect has ended, successful or not. */
  async start(): Promise<void> {
    this.#run ??= this.#keepUp()
    await this.#firstTry.promise
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#session.abort()
    await this.#run
  }

  status(): ProviderStatus {
    const version = this.#engine?.version ?? 'unknown'
    return { reachable: this.#isUp, version, reason: this.#isUp ? '' : this.#reason }
  }

  /** A call found the engine unreachable: ends the session and reconnects. */
  lost(error: unknown): void {
    if (!this.#isUp) return
    this.#down(error)
    this.#session.abort()
  }

  async #keepUp(): Promise<void> {
    const { clock } = this.#options
    const { signal } = this.#stopping
    let attempt = 0
    let upSinceMs = Number.POSITIVE_INFINITY
    while (!signal.aborted) {
      try {
        await this.#holdSession(() => (upSinceMs = clock.now()))
      } catch (error) {
        // A session that `lost` has ended breaks off too; the first reason is the real one.
        if (!signal.aborted && !this.#session.signal.aborted) this.#down(error)
      }
      this.#session.abort()
      this.#firstTry.resolve()
      // A connection that breaks off at once each time counts as a failed attempt.
      attempt = clock.now() - upSinceMs > LONGEST_PAUSE_MS ? 1 : attempt + 1
      upSinceMs = Number.POSITIVE_INFINITY
      // Rejects only when we stop, which the loop condition checks.
      await clock.sleep(backoffMs(attempt, FIRST_PAUSE_MS, LONGEST_PAUSE_MS), signal).catch(() => {})
    }
    this.#isUp = false
  }

  /** Returns or throws when the connection is lost. */
  async #holdSession(onUp: () => void): Promise<void> {
    const { engine, label, log, look } = this.#options
    this.#session = new AbortController()
    const { signal } = this.#session
    const found = await engine.connect()
    // Subscribes before the look, so that no change falls between the two.
    const stream = await engine.events(signal)
    await look()
    if (signal.aborted || this.#stopping.signal.aborted) return

    this.#engine = found
    this.#isUp = true
    onUp()
    log.info('docker connected', { version: found.version, api: found.apiVersion })
    this.#options.onUp()
    this.#firstTry.resolve()
    for await (const event of containerEvents(stream, label)) this.#options.onEvent(event)
    throw new Error('Docker ended its stream of events')
  }

  #down(error: unknown): void {
    const reason = messageOf(error)
    if (this.#isUp || reason !== this.#reason) this.#options.log.warn('docker connection lost', { reason })
    this.#isUp = false
    this.#reason = reason
  }
}
