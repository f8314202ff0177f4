// The connection to NATS, own server or another's: made again for ever, with a pause that grows. A session is
// one connection, and exists only while everything can be done over it.

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { deferred } from '../../clock.ts'
import { backoffMs } from '../../core/backoff.ts'
import { FaasError, messageOf } from '../../core/errors.ts'
import { Background } from '../../work/background.ts'
import type { DialledServer } from './client.ts'
import { StreamFault } from './faults.ts'
import { ForeignServer } from './foreign-server.ts'
import { USUAL_TIMES, type LinkTimes, type NatsLinkOptions } from './link-options.ts'
import { judgeVersion } from './nats-binary.ts'
import { explainWriteError, OwnServer } from './own-server.ts'
import type { ServerSide } from './server-side.ts'
import { SessionRounds, type RoundsOptions } from './session-rounds.ts'
import type { NatsSession, NatsStatus, SessionListener } from './session.ts'
import { loadStreams, saveStream } from './stream-snapshot.ts'
import { ensureStreams } from './streams.ts'

/** For what was written last to leave. */
const DRAIN_LIMIT_MS = 2_000

export class NatsLink {
  readonly #options: NatsLinkOptions
  readonly #times: LinkTimes
  readonly #server: ServerSide
  readonly #background: Background
  readonly #listeners = new Set<SessionListener>()
  readonly #stopping = new AbortController()
  #run: Promise<void> | undefined
  #stop: Promise<void> | undefined
  #session: NatsSession | null = null
  /** Of the session that is there. */
  #rounds: SessionRounds | undefined
  #hangUp: (reason: Error) => void = () => {}
  #sessions = 0
  #reason = 'NATS is being contacted'
  #version = ''
  /** About the version, and what the server complains of; empty when nothing. */
  #warning = ''
  #remark = ''
  #rttMs: number | undefined

  constructor(options: NatsLinkOptions) {
    const { server, clock, log } = options
    this.#options = options
    this.#times = { ...USUAL_TIMES, ...options.times }
    this.#server = server.kind === 'own' ? new OwnServer(server, clock, log) : new ForeignServer(server)
    this.#background = new Background(log)
  }

  get session(): NatsSession | null {
    return this.#session
  }

  /** Returns at once: contact is made in the background, whatever is wrong now. */
  start(): void {
    const { signal } = this.#stopping
    if (this.#run !== undefined || signal.aborted) return
    this.#run = this.#keepUp()
    this.#background.run('watching the disk of the queue', () =>
      this.#server.watchDisk(this.#times.diskMs, signal),
    )
  }

  /** Ends session and server; what was written to the session before is sent. */
  stop(): Promise<void> {
    this.#stop ??= this.#end()
    return this.#stop
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** Tells of sessions from now on, not of the one that is there. The answer ends it. */
  watch(listener: SessionListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  status(): NatsStatus {
    const isUp = this.#session !== null
    return {
      isUp,
      reason: isUp ? '' : this.#reason,
      warnings: [this.#warning, this.#remark].filter((text) => text !== ''),
      version: this.#version,
      isOwn: this.#server.isOwn,
      rttMs: this.#rttMs,
      reconnects: Math.max(0, this.#sessions - 1),
      restarts: { ...this.#server.restarts },
    }
  }

  /**
   * Why nothing more should be accepted: too little room where our server stores. Empty while there is
   * enough.
   */
  diskReason(): string {
    return this.#server.diskReason
  }

  /**
   * Two publishes in a row were not answered, which may be a failed write. Our own server is asked; another's is
   * left, and tried again after a pause.
   */
  suspectWrites(): void {
    const rounds = this.#rounds
    if (rounds === undefined) return
    const reason = this.#server.unansweredReason
    if (reason === undefined) this.#background.run('asking nats-server how it is', () => rounds.look())
    else this.#hangUp(new Error(reason))
  }

  /** Writes every stream with its consumers into a folder, which is made. Throws `unavailable`. */
  async saveStreams(folder: string): Promise<void> {
    const session = this.#session
    const unavailable = (reason: string, cause?: unknown): FaasError =>
      new FaasError('unavailable', `the calls that wait cannot be saved: ${reason}`, {
        cause,
        retryAfterS: 10,
      })
    if (session === null) throw unavailable(this.#reason)
    await mkdir(folder, { mode: 0o700 })
    for (const { name } of this.#options.streams) {
      await saveStream(session.nc, name, folder).catch((error: unknown) => {
        throw isFull(error) ? error : unavailable(`stream ${name}: ${messageOf(error)}`, error)
      })
    }
  }

  async #end(): Promise<void> {
    this.#stopping.abort()
    await this.#run
    await this.#background.settled()
    await this.#server.stop()
  }

  async #keepUp(): Promise<void> {
    const { clock } = this.#options
    const { firstPauseMs, longestPauseMs } = this.#times
    const { signal } = this.#stopping
    let attempt = 0
    while (!signal.aborted) {
      let upSinceMs = Number.POSITIVE_INFINITY
      try {
        await this.#holdSession(() => (upSinceMs = clock.now()))
      } catch (error) {
        if (!signal.aborted) this.#down(error)
      }
      // A session that breaks off at once, again and again, is none.
      attempt = clock.now() - upSinceMs > longestPauseMs ? 1 : attempt + 1
      // Rejects only when we stop, which the loop's condition sees.
      await clock.sleep(backoffMs(attempt, firstPauseMs, longestPauseMs), signal).catch(() => {})
    }
    this.#reason = 'the daemon stops'
  }

  /** Ends by throwing why it is over; returns only when we stop. */
  async #holdSession(onUp: () => void): Promise<void> {
    const over = new AbortController()
    const stopping = this.#stopping.signal
    const dialled = await this.#server.dial(this.#times, stopping)
    const lost = deferred<void>()
    this.#hangUp = (reason) => lost.reject(reason)
    stopping.addEventListener('abort', () => lost.resolve(), { signal: over.signal })
    void dialled.nc.closed().then((error) => lost.reject(connectionLost(error)))
    // It may be lost before anybody waits for it.
    lost.promise.catch(() => {})
    let watching: Promise<void> | undefined
    try {
      const rounds = await this.#prepare(dialled, AbortSignal.any([over.signal, stopping]))
      if (stopping.aborted) return
      this.#up(dialled, rounds)
      onUp()
      watching = rounds.run()
      await lost.promise
    } finally {
      over.abort()
      this.#hangUp = () => {}
      this.#rounds = undefined
      this.#setSession(null)
      await this.#close(dialled)
      await watching
    }
  }

  /** All that must be so before there is a session. */
  async #prepare(dialled: DialledServer, signal: AbortSignal): Promise<SessionRounds> {
    const { clock, log, streams: specs } = this.#options
    const server = this.#server
    this.#version = dialled.nc.info?.version ?? ''
    const verdict = judgeVersion(this.#version, server.name)
    if (verdict.use === 'refused') throw new Error(verdict.reason)
    this.#warning = verdict.reason

    const { kind, text } = await server.health(signal)
    if (kind === 'write-error') throw new Error(explainWriteError(text))
    await this.#restoreStreams(dialled)
    const streams = { specs, isOwn: server.isOwn, log }
    await ensureStreams(dialled.jsm, streams).catch((error: unknown) => {
      if (error instanceof StreamFault) throw error
      throw new Error(`${server.name} does not answer about its streams: ${messageOf(error)}`, {
        cause: error,
      })
    })
    const options: RoundsOptions = {
      clock,
      intervalMs: this.#times.lookMs,
      streams,
      health: (within) => server.health(within),
      onLost: (reason) => this.#hangUp(reason),
      onFound: ({ rttMs, consumers, remark }) => {
        this.#rttMs = rttMs
        this.#remark = remark
        server.noteConsumers(consumers)
      },
    }
    return new SessionRounds(dialled, options, signal)
  }

  /** Those of a backup, once. */
  async #restoreStreams({ nc, jsm }: DialledServer): Promise<void> {
    const { restoreFrom = '', log } = this.#options
    if (restoreFrom === '' || !existsSync(restoreFrom)) return
    try {
      const existing = new Set<string>()
      for await (const name of jsm.streams.names()) existing.add(name)
      log.info('streams put back', { streams: await loadStreams(nc, restoreFrom, existing) })
    } catch (error) {
      throw new Error(
        `the calls of a backup cannot be put back (${messageOf(error)}): it is tried again; to begin without them remove ${restoreFrom}`,
        { cause: error },
      )
    }
  }

  #up({ nc, js, jsm }: DialledServer, rounds: SessionRounds): void {
    const version = this.#version
    this.#sessions += 1
    this.#rounds = rounds
    this.#remark = ''
    this.#options.log.info('nats connected', { version, warning: this.#warning })
    this.#setSession({ nc, js, jsm, version, hadWriteError: this.#server.takeWriteError() })
  }

  #down(error: unknown): void {
    const reason = messageOf(error)
    if (reason !== this.#reason) this.#options.log.warn('nats lost', { reason })
    this.#reason = reason
  }

  #setSession(session: NatsSession | null): void {
    if (session === this.#session) return
    this.#session = session
    for (const listener of this.#listeners) {
      try {
        listener(session)
      } catch (err) {
        this.#options.log.error('a listener of the nats session failed', { err })
      }
    }
  }

  async #close({ nc }: DialledServer): Promise<void> {
    if (this.#stopping.signal.aborted && !nc.isClosed()) {
      const over = new AbortController()
      const late = this.#options.clock.sleep(DRAIN_LIMIT_MS, over.signal).catch(() => {})
      // One that cannot be drained any more is closed.
      await Promise.race([nc.drain().catch(() => {}), late])
      over.abort()
    }
    await nc.close()
  }
}

/** The disk that it is written to: whoever asked says what to do. */
function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOSPC'
}

function connectionLost(error: unknown): Error {
  return new Error(`the connection to the NATS server broke off${error ? `: ${messageOf(error)}` : ''}`)
}
