import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

/** A connection over which everything can be done: the streams are there with the settings that they need. */
export interface NatsSession {
  readonly nc: NatsConnection
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
  /** Of the server. */
  readonly version: string
  /**
   * The first one after a write of our server failed: acknowledgements that were answered before may not have
   * been carried out, so what the streams hold must be compared with what is known.
   */
  readonly hadWriteError: boolean
}

/** Why our server was started again: it ended by itself, a write failed, or it did not answer. */
export type RestartReason = 'exit' | 'write_error' | 'unresponsive'

/** How it is with NATS, for the status and for metrics. */
export interface NatsStatus {
  /** There is a session. */
  readonly isUp: boolean
  /** Cause and remedy; empty when up. */
  readonly reason: string
  /** What may go wrong although it is up: a sentence each. */
  readonly warnings: readonly string[]
  /** Of the server; empty before the first contact. */
  readonly version: string
  /** The daemon runs the server itself. */
  readonly isOwn: boolean
  /** A round trip, measured now and then; undefined before the first. */
  readonly rttMs: number | undefined
  /** Sessions after the first one. */
  readonly reconnects: number
  readonly restarts: Readonly<Record<RestartReason, number>>
}

/** Told of each session that comes (it) or goes (null). */
export type SessionListener = (session: NatsSession | null) => void
