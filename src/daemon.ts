import { assemble, type MakeProvider, type Parts } from './assemble/assemble.ts'
import { systemClock, type Clock } from './clock.ts'
import { isRestorePending, placeRestored } from './backup/place.ts'
import type { Config, ListenAddress } from './config.ts'
import { whenAdopted } from './core/provider/when-adopted.ts'
import { descriptorLimit } from './descriptors.ts'
import type { Log } from './log.ts'
import { adminPassword } from './registry/admin-password.ts'
import { RegistryLock } from './registry/registry-lock.ts'
import { openCallStore } from './registry/calls/open-call-store.ts'
import { openRegistry } from './registry/registry.ts'

/**
 * Longest time that running calls may take to end when the daemon stops. A service manager must wait a little
 * longer.
 */
const DRAIN_MS = 30_000

/**
 * Longest time that connections to a socket that was handed over wait for what was adopted. One function that is not well
 * must not keep the others.
 */
const ADOPTION_MS = 3_000

export interface DaemonOptions {
  readonly config: Config
  readonly log: Log
  readonly clock?: Clock
  readonly makeProvider?: MakeProvider
}

/** Where the daemon listens, once it does. */
export interface DaemonAddresses {
  readonly gateway: ListenAddress
  readonly metrics: ListenAddress
  /** Null: there is no web page. */
  readonly ui: ListenAddress | null
}

/** The life of the process: orders the start and the stop of the parts that `assemble/` plugs together. */
export class Daemon {
  readonly #options: DaemonOptions
  /** Ends what was started, in reverse order. */
  readonly #endings: (() => Promise<void> | void)[] = []
  #starting: Promise<DaemonAddresses> | undefined
  #stopping: Promise<void> | undefined

  constructor(options: DaemonOptions) {
    this.#options = options
  }

  /**
   * Resolves when calls are accepted. Rejects with a sentence for the operator, after everything that was
   * started has been ended.
   */
  start(): Promise<DaemonAddresses> {
    this.#starting ??= this.#start().catch(async (error: unknown) => {
      await this.#end()
      throw error
    })
    return this.#starting
  }

  /** Accepts no new connections, lets running calls end, then stops the parts. Functions run on. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    // Waits for a start under way: what it opens next would be missed otherwise.
    await this.#starting?.catch(() => undefined)
    await this.#end()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #start(): Promise<DaemonAddresses> {
    const { config, log, clock = systemClock, makeProvider } = this.#options
    endRestore(config.dataDir, clock, log)
    const registry = openRegistry(config.dataDir, log)
    this.#endings.push(() => registry.close())
    const lock = await RegistryLock.take(registry.owners.id, log)
    this.#endings.push(() => lock.release())

    const credentials = {
      user: config.adminUser,
      password: config.adminPassword ?? adminPassword(config.dataDir),
    }
    const descriptors = descriptorLimit()
    const calls = config.async === 'on' ? openCallStore(config.dataDir, log) : null
    this.#endings.push(() => calls?.close())
    const parts = assemble({ config, log, clock, registry, calls, credentials, descriptors }, makeProvider)
    const { keptLogs, provider, logs, gateway, control, counts, queue, scaler, builds } = parts

    builds?.start()
    parts.backups.start()
    // The listeners first: an address in use must end the start before a container is touched.
    const { metrics, ui } = await this.#listenAside(parts)
    // One that was handed over is taken, and what comes to it meanwhile waits in the system, where there is room for it.
    const early = config.listenDescriptor === null ? await gateway.start() : null
    this.#endings.push(
      () => counts.stop(),
      () => keptLogs.stop(),
      // After the provider, whose stop gives up what is being kept for it.
      () => logs.stop(),
      () => provider.stop(),
      () => control.stop(),
      () => drain(parts, clock),
      () => scaler.stop(),
      // Before the drain, which would wait for them.
      () => builds?.stop(),
    )
    counts.start(() => registry.functions.all().map(({ spec }) => spec.name))
    await keptLogs.start()
    await provider.start(registry.functions.all())
    if (early === null) {
      const names = registry.functions.all().map(({ spec }) => spec.name)
      await whenAdopted(provider, names, clock.timeout(ADOPTION_MS))
    }
    const addresses = { metrics, gateway: early ?? (await gateway.start()), ui }
    control.start()
    scaler.start()
    const listeners = [addresses.gateway.port, metrics.port, ui?.port ?? 0, config.functionPort]
    await queue?.start({ gateway: addresses.gateway.port, all: listeners })
    log.info('ready', { ...addresses, instance: config.instance, functions: registry.functions.all().length })
    return addresses
  }

  /** The listeners that take no calls. */
  async #listenAside({ metricsServer, uiServer }: Parts): Promise<Pick<DaemonAddresses, 'metrics' | 'ui'>> {
    this.#endings.push(() => metricsServer.stop())
    const metrics = await metricsServer.start()
    this.#endings.push(() => uiServer?.stop())
    return { metrics, ui: (await uiServer?.start()) ?? null }
  }

  async #end(): Promise<void> {
    for (const end of this.#endings.splice(0).reverse()) {
      try {
        await end()
      } catch (err) {
        this.#options.log.error('component failed to stop', { err })
      }
    }
  }
}

/** Of one that was interrupted: everything was checked before, and what is left are renames. */
function endRestore(dataDir: string, clock: Clock, log: Log): void {
  if (!isRestorePending(dataDir)) return
  const before = placeRestored(dataDir, clock.wall())
  log.warn('an interrupted restore was ended', { before })
}

/** Accepts no new connections, and closes an open one after its next call. Then takes no calls at all. */
async function drain({ gateway, invoker, queue }: Parts, clock: Clock): Promise<void> {
  const deadline = clock.timeout(DRAIN_MS)
  const isShut = gateway.stop(DRAIN_MS)
  // Tunnels do not end by themselves.
  invoker.ledger.endTunnels()
  await Promise.all([isShut, queue?.stop(deadline)])
  await invoker.stop(deadline)
}
