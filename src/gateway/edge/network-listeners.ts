import type { Clock } from '../../clock.ts'
import type { ListenAddress } from '../../config.ts'
import { messageOf } from '../../core/errors.ts'
import type { Log } from '../../log.ts'

/** A listening socket, as far as this file needs one. */
export interface ExtraListener {
  listen(address: ListenAddress): Promise<unknown>
  close(): Promise<void>
  closeIdle(): void
  closeAll(): void
}

export interface ExtraListenerPorts<L extends ExtraListener> {
  readonly open: () => L
  readonly clock: Clock
  readonly log: Log
}

/** Wait between attempts to bind an address. It appears a moment after its network. */
const RETRY_MS = 1_000

/** When a network is removed, its running calls may take this long to end. */
const LINGER_MS = 10_000

interface Entry<L> {
  readonly listener: L
  bound: boolean
  cancelRetry: () => void
}

/**
 * Listeners on addresses that come and go. One that cannot be bound is logged once and tried again; none is
 * fatal.
 */
export class ExtraListeners<L extends ExtraListener> {
  readonly #ports: ExtraListenerPorts<L>
  readonly #entries = new Map<string, Entry<L>>()
  #ended = false

  constructor(ports: ExtraListenerPorts<L>) {
    this.#ports = ports
  }

  /** Opens what is new in `addresses` and closes what is no longer there. */
  want(addresses: readonly ListenAddress[]): void {
    if (this.#ended) return
    const wanted = new Map(addresses.map((address) => [`${address.host} ${address.port}`, address]))
    for (const [key, entry] of this.#entries) if (!wanted.has(key)) this.#drop(key, entry)
    for (const [key, address] of wanted) {
      if (this.#entries.has(key)) continue
      this.#entries.set(key, { listener: this.#ports.open(), bound: false, cancelRetry: () => {} })
      void this.#bind(key, address, 0)
    }
  }

  /** Accepts no more changes; the caller closes the returned listeners. */
  end(): readonly L[] {
    this.#ended = true
    for (const entry of this.#entries.values()) entry.cancelRetry()
    return [...this.#entries.values()].map(({ listener }) => listener)
  }

  /** Never rejects. */
  async #bind(key: string, address: ListenAddress, failures: number): Promise<void> {
    const { clock, log } = this.#ports
    const entry = this.#entries.get(key)
    if (entry === undefined || this.#ended) return
    try {
      await entry.listener.listen(address)
      // It may have been dropped, or all were ended, while it was being bound.
      if (this.#entries.get(key) !== entry || this.#ended) return await entry.listener.close()
      entry.bound = true
      log.info('gateway listening for functions', { ...address })
    } catch (error) {
      if (failures === 0)
        log.warn('gateway cannot listen for functions yet, will retry', { ...address, err: messageOf(error) })
      if (this.#entries.get(key) !== entry || this.#ended) return
      entry.cancelRetry = clock.after(RETRY_MS, () => void this.#bind(key, address, failures + 1))
    }
  }

  #drop(key: string, entry: Entry<L>): void {
    this.#entries.delete(key)
    entry.cancelRetry()
    const cancelCut = this.#ports.clock.after(LINGER_MS, () => entry.listener.closeAll())
    entry.listener.closeIdle()
    void entry.listener.close().then(cancelCut)
  }
}
