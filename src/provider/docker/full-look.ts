import type { Log } from '../../log.ts'
import type { Background } from '../../work/background.ts'
import { WorkQueue } from '../../work/work-queue.ts'
import type { Surroundings } from './belongings/surroundings.ts'
import { EngineAway } from './engine/errors.ts'
import type { EngineLink } from './engine/link.ts'
import type { Firewall } from './host/firewall.ts'
import type { Observer } from './replicas/observer.ts'

export interface FullLookOptions {
  readonly observer: Pick<Observer, 'look'>
  readonly surroundings: Pick<Surroundings, 'lookAtNetworks' | 'tidySecrets'>
  readonly firewall: Pick<Firewall, 'look'>
  readonly link: () => Pick<EngineLink, 'isUp' | 'lost'>
  readonly background: Background
  readonly log: Log
  /** Everything was looked at, on request: functions may need a round. */
  readonly onLooked: () => void
}

/** Asks the engine for everything: containers, networks, secret folders, firewall rules. */
export class FullLook {
  readonly #options: FullLookOptions
  readonly #queue = new WorkQueue<'all'>(1, () => this.#onRequest())

  constructor(options: FullLookOptions) {
    this.#options = options
  }

  /** Looks now. Throws what the engine does. */
  async look(): Promise<void> {
    const { observer, surroundings, firewall, background } = this.#options
    await Promise.all([observer.look(), surroundings.lookAtNetworks()])
    // A daemon that was killed may have left some.
    background.run('tidy up secrets', () => surroundings.tidySecrets())
    // Other programs flush rules, such as a reload of the host's firewall.
    void firewall.look()
  }

  /** Asks for a look soon. One runs at a time, and requests that come while one waits are merged. */
  request(): void {
    this.#queue.add('all')
  }

  stop(): Promise<void> {
    return this.#queue.stop()
  }

  async #onRequest(): Promise<void> {
    const { log, onLooked } = this.#options
    const link = this.#options.link()
    if (!link.isUp) return
    try {
      await this.look()
      onLooked()
    } catch (error) {
      if (error instanceof EngineAway) link.lost(error)
      else log.error('full resync failed', { err: error })
    }
  }
}
