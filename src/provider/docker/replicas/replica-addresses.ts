import type { FunctionName } from '../../../core/functions/function-name.ts'
import type { Replica } from '../../../core/provider/replica.ts'
import type { Log } from '../../../log.ts'
import { shortId } from '../../../core/short-id.ts'
import type { ContainerDetails } from '../engine/answers.ts'
import type { ReplicaRecord, ReplicaTable } from './replica-table.ts'

export interface ReplicaAddressesOptions {
  readonly engine: { inspectContainer(id: string): Promise<ContainerDetails | null> }
  readonly table: ReplicaTable
  readonly log: Log
  /** It no longer answers at this address; something else may. The table already has the new address. */
  readonly onLost: (replica: Replica) => void
  /** A running container whose readiness is not known. */
  readonly onUnready: (id: string) => void
  /** Something about `fn` changed that may need action. */
  readonly onChange: (fn: FunctionName) => void
}

/**
 * Follows the addresses of replicas when their networks are changed by hand (`docker network disconnect`,
 * `connect`). Packets to an unused address leave by the host's default route, or reach the container that got
 * it next.
 */
export class ReplicaAddresses {
  readonly #options: ReplicaAddressesOptions

  constructor(options: ReplicaAddressesOptions) {
    this.#options = options
  }

  /** It was taken out of a network: it gets no calls until `look` has found its address. */
  withdraw(id: string): void {
    const { table } = this.#options
    if (table.get(id)?.replica.state === 'ready') table.change(id, { state: 'starting' })
  }

  /** Asks the engine for its present address. Throws `EngineAway`. */
  async look(id: string): Promise<void> {
    const { engine, table, onUnready } = this.#options
    if (table.get(id)?.isRunning !== true) return
    try {
      const details = await engine.inspectContainer(id)
      const record = table.get(id)
      // A container that ends loses its address too, which other events report.
      const runs = details?.state === 'running' || details?.state === 'paused'
      if (details !== null && record?.isRunning === true && runs) this.follow(record, addressIn(details))
    } finally {
      onUnready(id)
    }
  }

  /** Sets the address of a running replica. Empty: it is no longer in its network and must be replaced. */
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

/** Its address in its own network; empty when it has none. */
export function addressIn({ addresses }: Pick<ContainerDetails, 'addresses'>): string {
  return Object.values(addresses)[0] ?? ''
}
