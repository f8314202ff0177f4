import type { JetStreamClient, JetStreamManager } from '@nats-io/jetstream'
import type { NatsConnection } from '@nats-io/transport-node'

/** A connection to a server whose streams are as they should be. */
export interface QueueSession {
  readonly nc: NatsConnection
  readonly js: JetStreamClient
  readonly jsm: JetStreamManager
  /** The server said "done" before to what was not: messages may be there that have been dealt with. */
  readonly hadWriteError: boolean
}

/** Comes and goes with the server. */
export interface QueueLink {
  /** Null: nothing can be accepted or run now. */
  readonly session: QueueSession | null
  /** Told each change from now on; answers a function that ends this. */
  watch(listener: (session: QueueSession | null) => void): () => void
  /** `reason`: why there is no session, as a sentence with the remedy; empty when there is one. */
  status(): { readonly reason: string }
  /** Why nothing more is accepted although there is a session: the disk; empty otherwise. */
  diskReason(): string
  /** Publishes in a row were not answered: the server may have stopped to write. */
  suspectWrites(): void
}
