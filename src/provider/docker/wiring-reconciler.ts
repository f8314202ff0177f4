import { fileURLToPath } from 'node:url'
import type { DockerProviderOptions } from './docker-provider-options.ts'
import { Freezer } from './replicas/freezer.ts'
import { Reconciler } from './replicas/reconciler.ts'
import { ReplicaMaker } from './replicas/replica-maker.ts'
import type { Background } from '../../work/background.ts'
import type { FunctionSpec } from '../../core/functions/function-spec.ts'
import type { Networks } from './belongings/networks.ts'
import type { Ownership } from './belongings/ownership.ts'
import type { Surroundings } from './belongings/surroundings.ts'
import type { ProviderEvent } from '../../core/provider/provider.ts'
import type { Engine } from './engine/engine.ts'
import type { EngineLink } from './engine/link.ts'
import type { HostGuard } from './host/host-guard.ts'
import type { ImageFacts } from './engine/answers.ts'
import type { Images } from './images/images.ts'
import type { Outlook } from './readiness/outlook.ts'
import type { ReplicaProbes } from './readiness/replica-probes.ts'
import { CgroupFreezer } from './cgroups/cgroup-freezer.ts'
import { InPlace } from './in-place/in-place.ts'
import type { ContainerPids } from './replicas/container-pids.ts'
import { Halter } from './replicas/halter.ts'
import { HaltWatch } from './replicas/halt-watch.ts'
import type { Observer } from './replicas/observer.ts'
import type { ReplicaTable } from './replicas/replica-table.ts'
import type { Retirement } from './replicas/retirement.ts'

// The part of the wiring diagram that is about what carries out a plan.

/** The parts that this file connects. Parts that are created later are looked up when they are needed. */
export interface PartsBehindAPlan {
  readonly engine: Engine
  readonly table: ReplicaTable
  readonly images: Images
  readonly networks: Networks
  readonly surroundings: Surroundings
  readonly ownership: Ownership
  readonly guard: HostGuard
  readonly observer: Observer
  readonly probes: ReplicaProbes
  readonly retirement: Retirement
  readonly freezer: Freezer
  readonly reconciler: Reconciler
  readonly link: EngineLink
  readonly outlook: Outlook
  readonly pids: ContainerPids
  readonly halter: Halter
  readonly halts: HaltWatch
  readonly background: Background
  readonly emit: (event: ProviderEvent) => void
  imageFor(spec: FunctionSpec, signal: AbortSignal): Promise<ImageFacts>
  /** Starts to probe this replica. */
  probe(id: string): void
}

export function makeReconciler(parts: PartsBehindAPlan, options: DockerProviderOptions): Reconciler {
  const { clock, log, ledger } = options
  return new Reconciler({
    table: parts.table,
    clock,
    log,
    maker: makeMaker(parts, options),
    isUp: () => parts.link.isUp,
    onEngineAway: (error) => parts.link.lost(error),
    fetchImage: (spec, signal) => parts.imageFor(spec, signal),
    retire: (id, why) => parts.retirement.begin(id, why),
    freezer: parts.freezer,
    inFlight: (id) => ledger.inFlight(id),
    onStarted: (id) => {
      parts.probe(id)
      parts.background.run('find out how to freeze', () => parts.halter.tryOn(id))
    },
    onSetback: (fn) => {
      parts.outlook.failed(fn)
      parts.emit({ kind: 'setback', fn })
    },
  })
}

function makeMaker(
  parts: PartsBehindAPlan,
  { log, instance, watchdogDir }: DockerProviderOptions,
): ReplicaMaker {
  const { engine, images, networks, table } = parts
  return new ReplicaMaker({
    engine,
    images,
    networks,
    table,
    instance,
    ownerLabels: () => parts.ownership.labels,
    log,
    confinement: () => parts.guard.confinement,
    watchdogDir: watchdogDir ?? fileURLToPath(new URL('../../../watchdog', import.meta.url)),
    mounts: (fn) => parts.surroundings.mounts(fn),
    host: () => parts.link.engine,
    making: (name) => parts.observer.making(name),
  })
}

export function makeHalter(
  parts: Pick<PartsBehindAPlan, 'engine' | 'table' | 'pids'>,
  { clock, log, freezer, cgroupRoot, procDir = '/proc' }: DockerProviderOptions,
): Halter {
  const { engine, table, pids } = parts
  return new Halter({
    engine,
    cgroups: new CgroupFreezer({
      pid: (id) => pids.of(id),
      clock,
      procDir,
      ...(cgroupRoot !== undefined && { root: cgroupRoot }),
    }),
    mayUseCgroups: freezer === 'auto',
    table,
    log,
  })
}

export function makeFreezer(parts: PartsBehindAPlan, { clock, log, ledger }: DockerProviderOptions): Freezer {
  return new Freezer({
    halter: parts.halter,
    table: parts.table,
    ledger,
    clock,
    log,
    isResting: (fn) => parts.reconciler.desired(fn)?.isResting === true,
    onThawed: (record) => parts.probes.resume(record),
    onUnready: (id) => parts.probe(id),
    onTurned: (fn) => parts.reconciler.settleRest(fn),
    onLost: ({ replica }) => parts.reconciler.nudge(replica.fn),
    onDoubt: (id) => parts.halts.doubt(id),
    onEngineAway: (error) => parts.link.lost(error),
  })
}

export function makeHaltWatch(parts: PartsBehindAPlan, { clock, log }: DockerProviderOptions): HaltWatch {
  return new HaltWatch({
    engine: parts.engine,
    table: parts.table,
    clock,
    log,
    onUnready: (id) => parts.probe(id),
    onEngineAway: (error) => parts.link.lost(error),
  })
}

export function makeInPlace(parts: PartsBehindAPlan, { clock, log }: DockerProviderOptions): InPlace {
  const { engine, table, freezer } = parts
  return new InPlace({
    files: engine.files,
    table,
    whileAwake: (id, work) => freezer.whileAwake(id, work),
    clock,
    log,
  })
}
