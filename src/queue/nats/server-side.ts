import type { DialledServer, DialTimes } from './client.ts'
import type { Health } from './health.ts'
import type { RestartReason } from './session.ts'

/** The other end of a link: our own server, which can be started anew, or somebody else's. */
export interface ServerSide {
  readonly isOwn: boolean
  /** For sentences: "the server at HOST". */
  readonly name: string
  readonly restarts: Readonly<Record<RestartReason, number>>
  /** Why nothing more should be accepted; empty while there is room, or when nobody can know. */
  readonly diskReason: string
  /** Connects, after all that must be done for it. Rejects with a sentence. */
  dial(times: DialTimes, signal: AbortSignal): Promise<DialledServer>
  /** How it says that it is. Rejects when it does not answer. */
  health(signal: AbortSignal): Promise<Health>
  /** Whether a write failed since this was asked last. */
  takeWriteError(): boolean
  /** A look found as many consumers. */
  noteConsumers(count: number): void
  /** What it means when it does not answer what is published. Undefined: it can be asked. */
  readonly unansweredReason: string | undefined
  /** Looks at its disk until `signal` aborts. */
  watchDisk(intervalMs: number, signal: AbortSignal): Promise<void>
  stop(): Promise<void>
}
