import type { FunctionSpec } from '../../core/functions/function-spec.ts'
import type { FunctionName } from '../../core/functions/function-name.ts'
import type { OpenLog, ProviderEvent } from '../../core/provider/provider.ts'
import { Background } from '../../work/background.ts'
import { DockerBuilder } from './builds/docker-builder.ts'
import { CrashReasons } from './crash-reasons.ts'
import { imageFor } from './replicas/image-for.ts'
import { ContainerSockets } from './readiness/container-sockets.ts'
import type { DockerProviderOptions } from './docker-provider-options.ts'
import { instanceLabel } from './container/labels.ts'
import { EngineAway } from './engine/errors.ts'
import { EngineLink } from './engine/link.ts'
import { Engine } from './engine/engine.ts'
import { FullLook } from './full-look.ts'
import type { Freezer } from './replicas/freezer.ts'
import { ContainerPids } from './replicas/container-pids.ts'
import type { Halter } from './replicas/halter.ts'
import { HostGuard } from './host/host-guard.ts'
import { RegistryCredentials } from './images/registry-credentials.ts'
import { Images } from './images/images.ts'
import type { InPlace } from './in-place/in-place.ts'
import { logOpener } from './logs/container-log.ts'
import { Networks } from './belongings/networks.ts'
import type { HaltWatch } from './replicas/halt-watch.ts'
import { Observer } from './replicas/observer.ts'
import { Outlook } from './readiness/outlook.ts'
import { Ownership } from './belongings/ownership.ts'
import { httpAsk } from './readiness/probe-request.ts'
import { Readiness } from './readiness/readiness.ts'
import type { Reconciler } from './replicas/reconciler.ts'
import { ReplicaAddresses } from './replicas/replica-addresses.ts'
import { ReplicaProbes } from './readiness/replica-probes.ts'
import { ReplicaTable } from './replicas/replica-table.ts'
import { Retirement } from './replicas/retirement.ts'
import { SecretFiles } from './belongings/secret-files.ts'
import { Surroundings } from './belongings/surroundings.ts'
import { UsageMeter } from './usage/usage.ts'
import { makeFreezer, makeHalter, makeHaltWatch, makeInPlace, makeReconciler } from './wiring-reconciler.ts'

const DRAIN_MS = 60_000
const RETRY_REMOVAL_MS = 2_000

/**
 * The parts of the provider, connected to each other: the wiring diagram of this folder. Every callback from
 * one part to another is in here.
 *
 *   engine link ──▶ observer ──▶ replica table ──▶ ready events
 *                      │              ▲ ▲
 *                      ▼              │ └── replica probes
 *                  reconciler ──▶ replica maker, retirement, freezer
 */
export class ProviderParts {
  readonly #options: DockerProviderOptions
  readonly engine: Engine
  readonly ownership: Ownership
  readonly table: ReplicaTable
  readonly images: Images
  readonly openLog: OpenLog
  readonly usage: UsageMeter
  readonly secretFiles: SecretFiles
  readonly background: Background
  readonly guard: HostGuard
  readonly networks: Networks
  readonly surroundings: Surroundings
  readonly addresses: ReplicaAddresses
  readonly pids: ContainerPids
  readonly halter: Halter
  readonly halts: HaltWatch
  readonly observer: Observer
  readonly probes: ReplicaProbes
  readonly retirement: Retirement
  readonly freezer: Freezer
  readonly reconciler: Reconciler
  readonly link: EngineLink
  readonly outlook: Outlook
  readonly fullLook: FullLook
  readonly crashReasons: CrashReasons
  readonly builder: DockerBuilder
  readonly inPlace: InPlace
  readonly emit: (event: ProviderEvent) => void

  /** Does no I/O. */
  constructor(options: DockerProviderOptions, emit: (event: ProviderEvent) => void) {
    const { clock, log, instance, dockerConfigDir, runtimeDir, secrets, registry, dataDir } = options
    this.#options = options
    this.emit = emit
    this.engine = new Engine({ dockerHost: options.dockerHost, clock })
    this.ownership = new Ownership({
      engine: this.engine,
      instance,
      registry,
      wanted: options.takeOver,
      dataDir,
      log,
    })
    this.table = new ReplicaTable(
      () => clock.wall(),
      (fn, ready) => emit({ kind: 'ready', fn, ready }),
    )
    this.table.onChange((fn) => emit({ kind: 'replicas', fn }))
    this.background = new Background(log)
    this.images = new Images({ engine: this.engine, clock, log, dockerConfigDir })
    this.secretFiles = new SecretFiles({
      runtimeDir,
      instance,
      values: secrets,
      owners: () => this.ownership.owners(),
      log,
    })
    const { engine, table, ownership } = this
    this.pids = new ContainerPids({ engine, table })
    this.halter = makeHalter(this, options)
    this.openLog = logOpener(engine)
    this.usage = new UsageMeter({ engine, clock, log })
    this.guard = new HostGuard({ settings: options.guard, instance, clock, log })
    this.networks = new Networks({
      engine,
      instance,
      ownership,
      mtu: options.mtu,
      log,
      fence: this.guard.firewall,
      onAddresses: (addresses) => emit({ kind: 'addresses', addresses }),
    })
    const { networks, secretFiles } = this
    const desired = (): Reconciler => this.reconciler
    this.surroundings = new Surroundings({ networks, secretFiles, table, desired, log })
    const onOutOfMemory = (fn: FunctionName): void => emit({ kind: 'out-of-memory', fn })
    this.crashReasons = new CrashReasons({ guard: this.guard, reconciler: desired, onOutOfMemory, log })
    this.probes = this.#makeProbes()
    this.addresses = this.#makeAddresses(emit)
    this.halts = makeHaltWatch(this, options)
    this.observer = this.#makeObserver()
    this.fullLook = this.#makeFullLook()
    this.retirement = this.#makeRetirement()
    this.freezer = makeFreezer(this, options)
    this.reconciler = makeReconciler(this, options)
    this.link = this.#makeLink()
    this.builder = this.#makeBuilder()
    this.inPlace = makeInPlace(this, options)
    this.outlook = new Outlook({ table, reconciler: this.reconciler, link: this.link, clock })
  }

  /** See `image-for.ts`. */
  imageFor(spec: FunctionSpec, signal: AbortSignal): ReturnType<typeof imageFor> {
    const { images, guard } = this
    return imageFor(spec, signal, { images, host: () => this.link.engine, confinement: guard.confinement })
  }

  /**
   * A replica that was created while its function was removed must not become ready: calls of its name may be
   * another function's by now.
   */
  probe(id: string): void {
    const record = this.table.get(id)
    if (record !== undefined && this.reconciler.isWanted(record)) this.probes.begin(id)
  }

  #makeBuilder(): DockerBuilder {
    const { clock, log, dockerConfigDir, registry } = this.#options
    return new DockerBuilder({
      calls: this.engine.builds,
      host: () => this.link.engine,
      credentials: new RegistryCredentials({ dir: dockerConfigDir, clock, log }),
      registryId: registry.id,
    })
  }

  #makeProbes(): ReplicaProbes {
    const { clock, log, procDir = '/proc' } = this.#options
    const sockets = new ContainerSockets({ pid: (id) => this.pids.of(id), table: this.table, procDir })
    return new ReplicaProbes({
      table: this.table,
      readiness: new Readiness({ ask: httpAsk(clock), listeners: (id) => sockets.listeners(id) }),
      clock,
      log,
      onReady: (record) => this.reconciler.recovered(record),
      onStuck: (record) => this.outlook.stuck(record),
      onFailed: (record, reason) => {
        this.reconciler.setback(record, reason)
        this.reconciler.nudge(record.replica.fn)
      },
    })
  }

  #makeAddresses(emit: (event: ProviderEvent) => void): ReplicaAddresses {
    return new ReplicaAddresses({
      engine: this.engine,
      table: this.table,
      log: this.#options.log,
      onLost: (replica) => emit({ kind: 'lost', replica }),
      onUnready: (id) => this.probe(id),
      onChange: (fn) => this.reconciler.nudge(fn),
    })
  }

  #makeObserver(): Observer {
    const { log, instance } = this.#options
    return new Observer({
      engine: this.engine,
      instance,
      table: this.table,
      addresses: this.addresses,
      halts: this.halts,
      foundFrozen: (id) => this.halter.foundFrozen(id),
      onTold: (id) => this.background.run('let a container end', () => this.halter.release(id)),
      isOurs: (labels) => this.ownership.isOurs(labels),
      log,
      onChange: (fn) => this.reconciler.nudge(fn),
      onCrash: (record, exitCode) => {
        this.reconciler.setback(record, this.crashReasons.of({ ...record, exitCode }))
        // Retired now, not in the next round: somebody may be about to remove the container and its log.
        this.retirement.begin(record.replica.id, 'dead')
      },
      onUnready: (id) => this.probe(id),
      onRewired: (id) => this.background.run('check an address', () => this.addresses.look(id)),
      onUnknownContainer: () => this.fullLook.request(),
    })
  }

  #makeFullLook(): FullLook {
    const { observer, surroundings, guard, background } = this
    return new FullLook({
      observer,
      surroundings,
      firewall: guard.firewall,
      link: () => this.link,
      background,
      log: this.#options.log,
      onLooked: () => this.reconciler.nudgeAll(),
    })
  }

  #makeRetirement(): Retirement {
    const { clock, log, ledger, keptLogs, drainMs = DRAIN_MS } = this.#options
    return new Retirement({
      engine: this.engine,
      halter: this.halter,
      table: this.table,
      ledger,
      clock,
      log,
      drainMs,
      keepLogs: ({ replica }, signal) => keptLogs.keep(replica, this.openLog, signal),
      onLastLines: (record, lines) => this.crashReasons.onLastLines(record, lines),
      onGone: (fn) => this.background.run('tidy up', () => this.surroundings.tidyUp(fn)),
      onFailure: (fn, error) => {
        if (error instanceof EngineAway) this.link.lost(error)
        else clock.after(RETRY_REMOVAL_MS, () => this.reconciler.nudge(fn))
      },
      onDeath: (record, death) => this.crashReasons.onDeath(record, death),
    })
  }

  #makeLink(): EngineLink {
    const { clock, log, instance } = this.#options
    return new EngineLink({
      engine: this.engine,
      label: instanceLabel(instance),
      clock,
      log,
      look: async () => {
        // First, before anything is changed on this engine.
        await this.ownership.settle()
        await this.fullLook.look()
      },
      onUp: () => {
        if (this.link.engine !== undefined) this.guard.meet(this.link.engine)
        this.reconciler.nudgeAll()
      },
      onEvent: (event) => this.observer.handle(event),
    })
  }
}
