import type { FunctionName } from '../../../core/function-name.ts'
import type { Replica } from '../../../core/replica.ts'
import type { Log } from '../../../log.ts'
import { shortId } from '../../../core/short-id.ts'
import type { ContainerDetails } from '../engine/answers.ts'
import type { ReplicaRecord, ReplicaTable } from './replica-table.ts'

export interface ReplicaAddressesOptions {
  readonly engine: { inspectContainer(id: string): Promise<ContainerDetails | null> }
  readonly table: ReplicaTable
  readonly log: Log
  /**
   * It does not answer at this address any more; whoever does is a stranger. The table has the new one
   * already.
   */
  readonly onLost: (replica: Replica) => void
  /** A running container whose readiness is not known. */
  readonly onUnready: (id: string) => void
  /** Something about `fn` changed that may need action. */
  readonly onChange: (fn: FunctionName) => void
}

/**
 * Follows the addresses of replicas when somebody changes their networks by hand (`docker network
 * disconnect`, `connect`). Packets to an address that is nobody's leave by the host's default route, or reach
 * whoever got it next.
 */
export class ReplicaAddresses {
  readonly #options: ReplicaAddressesOptions

  constructor(options: ReplicaAddressesOptions) {
    this.#options = options
  }

  /** It was taken out of a network: nobody calls it until `look` found where it is now. */
  withdraw(id: string): void {
    const { table } = this.#options
    if (table.get(id)?.replica.state === 'ready') table.change(id, { state: 'starting' })
  }

  /** Asks the engine where it is now. Throws `EngineAway`. */
  async look(id: string): Promise<void> {
    const { engine, table, onUnready } = this.#options
    if (table.get(id)?.isRunning !== true) return
    try {
      const details = await engine.inspectContainer(id)
      const record = table.get(id)
      // One that ends loses its address too: other events tell of that.
      const runs = details?.state === 'running' || details?.state === 'paused'
      if (details !== null && record?.isRunning === true && runs) this.follow(record, addressIn(details))
    } finally {
      onUnready(id)
    }
  }

  /** It runs, and this is its address; empty: it is not in its network any more, and has to be replaced. */
  follow(record: ReplicaRecord, host: string): void {
    const { table, log, onLost, onUnready, onChange } = this.#options
    const { replica, isFailed } = record
    if (host === replica.host && (host !== '' || isFailed)) return
    const { id, fn, state } = replica
    const isGone = host === ''
    table.change(id, {
      host,
      ...(state === 'ready' && { state: 'starting' }),
      ...(isGone && { isFailed: true }),
    })
    const facts = { fn, replica: shortId(id), from: replica.host || 'none' }
    if (isGone) log.warn('replica no longer in its network, will be replaced', facts)
    else if (replica.host !== '') log.warn('replica address changed by hand', { ...facts, to: host })
    if (replica.host !== '') onLost(replica)
    if (isGone) onChange(fn)
    else onUnready(id)
  }
}

/** Its address in the network that it was made for; empty when it has none. */
export function addressIn({ addresses }: Pick<ContainerDetails, 'addresses'>): string {
  return Object.values(addresses)[0] ?? ''
}
