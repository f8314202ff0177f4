import { every, whenAborted } from '../../clock.ts'
import { FaasError } from '../../core/errors.ts'
import type { FunctionCondition } from '../../core/functions/function-condition.ts'
import type { FileChanges } from '../../core/provider/file-changes.ts'
import type { ImageBuilder } from '../../core/provider/image-builder.ts'
import type { FunctionName } from '../../core/functions/function-name.ts'
import type { DeployedFunction, FunctionSpec } from '../../core/functions/function-spec.ts'
import type {
  Capabilities,
  Provider,
  ProviderEvent,
  ProviderStatus,
  ReplicaLog,
  ReplicaLogQuery,
  RestFigures,
  Suspicion,
  Usage,
} from '../../core/provider/provider.ts'
import type { Replica } from '../../core/provider/replica.ts'
import type { SecretRef } from '../../core/functions/secret-name.ts'
import type { DockerProviderOptions } from './docker-provider-options.ts'
import { ProviderParts } from './wiring.ts'
import { deathOf } from './replicas/replica-fate.ts'
import { checkCores, resourceRemarks } from './container/resource-remarks.ts'

export type { DockerProviderOptions } from './docker-provider-options.ts'

/** Time between full looks, which catch what events missed. */
const LOOK_EVERY_MS = 30_000
/** Longest wait for containers that are being created when we stop. */
const FINISH_MS = 5_000

/**
 * Runs functions as containers of one Docker Engine, or of another one with its API. Other folders use only
 * this file.
 */
export class DockerProvider implements Provider {
  readonly #options: DockerProviderOptions
  readonly #parts: ProviderParts
  readonly #listeners = new Set<(event: ProviderEvent) => void>()
  readonly #stopping = new AbortController()
  /** Aborts when we know what should run. */
  readonly #informed = new AbortController()
  #net: Promise<void> | undefined
  #stopped: Promise<void> | undefined

  constructor(options: DockerProviderOptions) {
    this.#options = options
    this.#parts = new ProviderParts(options, (event) => {
      for (const listener of this.#listeners) listener(event)
    })
  }

  get capabilities(): Capabilities {
    return { orchestration: 'docker', freezing: this.#parts.halter.method, maxReplicas: 100 }
  }

  get builder(): ImageBuilder {
    return this.#parts.builder
  }

  async start(functions: readonly DeployedFunction[]): Promise<void> {
    const { reconciler, link, fullLook, ownership } = this.#parts
    await this.#parts.guard.start()
    for (const fn of functions) reconciler.apply(fn)
    this.#informed.abort()
    await link.start()
    if (ownership.dispute !== null) throw ownership.dispute
    this.#net ??= every(
      {
        clock: this.#options.clock,
        intervalMs: LOOK_EVERY_MS,
        signal: this.#stopping.signal,
        onError: (err) => this.#options.log.error('full resync failed', { err }),
      },
      () => {
        if (link.isUp) fullLook.request()
      },
    )
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop()
    return this.#stopped
  }

  async prepare(spec: FunctionSpec, signal: AbortSignal): Promise<string> {
    // Checked only at a deploy: functions that an earlier release accepted keep running.
    checkCores(spec, this.#parts.link.engine?.cpus ?? 0)
    return (await this.#parts.imageFor(spec, signal)).id
  }

  async hasArtifact(artifact: string): Promise<boolean> {
    return (await this.#parts.images.inspect(artifact)) !== null
  }

  remarks(spec: FunctionSpec): readonly string[] {
    return resourceRemarks(spec, this.#parts.link.engine?.cpus ?? 0)
  }

  apply(fn: DeployedFunction): void {
    this.#parts.reconciler.apply(fn)
  }

  wake(name: FunctionName): void {
    this.#parts.reconciler.wake(name)
  }

  remove(name: FunctionName): void {
    this.#parts.reconciler.remove(name)
    this.#parts.freezer.forget(name)
  }

  changeFiles(fn: DeployedFunction, folder: string, changes: FileChanges): Promise<string> {
    return this.#parts.inPlace.change(fn, folder, changes)
  }

  replicas(name: FunctionName): readonly Replica[] {
    return this.#parts.table.replicas(name)
  }

  condition(name: FunctionName): FunctionCondition | null {
    return this.#parts.outlook.condition(name)
  }

  async whenReady(name: FunctionName, signal: AbortSignal): Promise<Replica> {
    const { signal: informed } = this.#informed
    // Calls come before we are told what should run: that a function is unknown here means nothing then.
    if (!informed.aborted) await Promise.race([informed, signal, this.#stopping.signal].map(whenAborted))
    if (!informed.aborted) {
      throw new FaasError('unavailable', `function ${name} is not ready: the daemon has not started yet`)
    }
    return this.#parts.outlook.whenReady(name, signal)
  }

  rests(name: FunctionName): RestFigures {
    return this.#parts.freezer.figures(name)
  }

  suspect(replica: Replica, why: Suspicion): void {
    const { table, probes } = this.#parts
    const record = table.get(replica.id)
    if (record?.replica.state !== 'ready') return
    table.change(replica.id, { state: 'starting', doubts: why === 'unready' ? record.doubts + 1 : 0 })
    probes.begin(replica.id)
  }

  async fate(replica: Replica): Promise<string> {
    const dead = await deathOf(replica.id, { table: this.#parts.table, clock: this.#options.clock })
    return dead === null ? '' : this.#parts.crashReasons.of(dead)
  }

  openLog(replicaId: string, query: ReplicaLogQuery, signal: AbortSignal): Promise<ReplicaLog> {
    return this.#parts.openLog(replicaId, query, signal)
  }

  usage(name: FunctionName, signal: AbortSignal): Promise<Usage> {
    const { usage, table } = this.#parts
    const running = table.of(name).filter(({ isRunning }) => isRunning)
    return usage.usage(
      running.map(({ replica }) => replica.id),
      signal,
    )
  }

  refreshSecret(secret: SecretRef): void {
    this.#parts.background.run('refresh a secret', () => this.#parts.surroundings.refreshSecret(secret))
  }

  watch(listener: (event: ProviderEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  status(): ProviderStatus {
    return this.#parts.link.status()
  }

  async #stop(): Promise<void> {
    const { engine, link, fullLook, reconciler, probes, retirement, images, usage, outlook } = this.#parts
    this.#stopping.abort()
    outlook.stop()
    const { freezer, halts } = this.#parts
    const ends = [
      link.stop(),
      fullLook.stop(),
      reconciler.stop(),
      probes.stop(),
      retirement.stop(),
      freezer.stop(),
      halts.stop(),
    ]
    // A container being created should be complete when we stop, but a hung engine must not delay the stop.
    await Promise.race([Promise.all(ends), whenAborted(this.#options.clock.timeout(FINISH_MS))])
    engine.close()
    await Promise.all(ends)
    const { background, guard } = this.#parts
    await Promise.all([images.stop(), usage.stop(), background.settled(), this.#net])
    // A program that waits for the lock of the host's rules ends by itself.
    await Promise.race([guard.firewall.settled(), whenAborted(this.#options.clock.timeout(FINISH_MS))])
  }
}
