import { FaasError } from '../../src/core/errors.ts'
import { conditionOf, type FunctionCondition } from '../../src/core/functions/function-condition.ts'
import type { FunctionName } from '../../src/core/functions/function-name.ts'
import type { DeployedFunction, FunctionSpec } from '../../src/core/functions/function-spec.ts'
import type { FileChanges } from '../../src/core/provider/file-changes.ts'
import type {
  Capabilities,
  LogKeeping,
  OpenLog,
  Provider,
  ProviderEvent,
  ProviderStatus,
  ReplicaLog,
  ReplicaLogQuery,
  RestFigures,
  Usage,
} from '../../src/core/provider/provider.ts'
import { isAvailable, type Replica } from '../../src/core/provider/replica.ts'
import { FakeReplicaLogs } from './fake-replica-logs.ts'

/**
 * A provider without an engine: what is applied is what runs, at once, unless `holdReady` is set; then replicas stay `starting`
 * until `makeReady`. Its replicas have written what `written` was told.
 */
export class FakeProvider implements Provider {
  readonly capabilities: Capabilities = {
    orchestration: 'docker',
    freezing: 'cgroup-v2',
    maxReplicas: 20,
  }
  /** Where every replica answers. */
  host = '127.0.0.1'
  port = 8080
  holdReady = false
  engine: ProviderStatus = { reachable: true, version: 'fake', reason: '' }
  usageNow: Usage | null = { cpuMillicores: 0, memoryBytes: 0 }
  /** Images whose replicas do not pass their probe until `makeReady`. */
  readonly silentImages = new Set<string>()
  /** What `condition` answers, in place of what runs here. */
  readonly conditions = new Map<FunctionName, FunctionCondition>()
  /** Images that `prepare` refuses. */
  readonly missingImages = new Set<string>()
  /** What was prepared and is here. */
  readonly artifacts = new Set<string>()
  /** What it says of every deployment. */
  remarked: readonly string[] = []
  readonly applied: DeployedFunction[] = []
  readonly suspected: Replica[] = []
  readonly woken: FunctionName[] = []
  readonly refreshed: string[] = []
  readonly written = new FakeReplicaLogs()
  readonly #replicas = new Map<FunctionName, readonly Replica[]>()
  /** Those whose logs are being kept. */
  readonly #leaving = new Map<string, Replica>()
  readonly #stopping = new AbortController()
  readonly #listeners = new Set<(event: ProviderEvent) => void>()
  readonly #keptLogs: LogKeeping | null
  readonly #changed = new Set<() => void>()
  #serial = 0
  #isStopped = false
  /** What `changeFiles` was asked for. */
  readonly fileChanges: { readonly folder: string; readonly changes: FileChanges }[] = []

  constructor({ keptLogs }: { readonly keptLogs?: LogKeeping } = {}) {
    this.#keptLogs = keptLogs ?? null
  }

  async start(functions: readonly DeployedFunction[]): Promise<void> {
    for (const fn of functions) this.apply(fn)
  }

  async stop(): Promise<void> {
    this.#listeners.clear()
    this.#isStopped = true
    this.#stopping.abort()
    this.#wakeWaiters()
  }

  async prepare(spec: FunctionSpec, signal: AbortSignal): Promise<string> {
    if (signal.aborted)
      throw new FaasError('cancelled', 'stopped waiting for the image', { cause: signal.reason })
    if (this.missingImages.has(spec.image)) {
      throw new FaasError('invalid', `image: ${spec.image} does not exist`)
    }
    const artifact = `sha256:${spec.image}`
    this.artifacts.add(artifact)
    return artifact
  }

  async hasArtifact(artifact: string): Promise<boolean> {
    return this.artifacts.has(artifact)
  }

  remarks(): readonly string[] {
    return this.remarked
  }

  apply(fn: DeployedFunction): void {
    this.applied.push(fn)
    const { name } = fn.spec
    const kept = this.#current(name).filter((replica) => replica.revision === fn.revision)
    const replicas = Array.from({ length: fn.replicas }, (_, at) => kept[at] ?? this.#newReplica(fn))
    // Told as a replica that gets ready and is frozen after that.
    this.#set(name, replicas.map(thawed))
    if (fn.isResting === true) this.#set(name, this.#current(name).map(frozen))
  }

  wake(name: FunctionName): void {
    this.woken.push(name)
    if (this.#replicas.has(name)) this.#set(name, this.#current(name).map(thawed))
  }

  /** Each `apply` that rests and each `wake` counts as one. */
  rests(name: FunctionName): RestFigures {
    const freezes = this.applied.filter(
      ({ spec, isResting }) => spec.name === name && isResting === true,
    ).length
    const thaws = this.woken.filter((woken) => woken === name).length
    return { failures: 0, freezes, freezeSeconds: 0, thaws, thawSeconds: 0 }
  }

  remove(name: FunctionName): void {
    this.#set(name, [])
    this.#replicas.delete(name)
  }

  changeFiles(fn: DeployedFunction, folder: string, changes: FileChanges): Promise<string> {
    this.fileChanges.push({ folder, changes })
    return Promise.resolve(this.replicas(fn.spec.name)[0]?.id ?? '')
  }

  replicas(name: FunctionName): readonly Replica[] {
    const leaving = [...this.#leaving.values()].filter(({ fn }) => fn === name)
    return leaving.length === 0 ? this.#current(name) : [...this.#current(name), ...leaving]
  }

  condition(name: FunctionName): FunctionCondition | null {
    const fn = this.applied.findLast(({ spec }) => spec.name === name)
    if (fn === undefined || !this.#replicas.has(name)) return null
    return (
      this.conditions.get(name) ??
      conditionOf({
        fn: name,
        newest: { revision: fn.revision, image: fn.spec.image },
        lastGood: null,
        lastGoodObstacle: '',
        desired: fn.replicas,
        ready: this.replicas(name)
          .filter(isAvailable)
          .map(({ revision }) => revision),
        obstacle: 'it is still starting',
        isTrouble: false,
        lastWords: [],
      })
    )
  }

  /** Every replica of the function passes its probe. */
  makeReady(name: FunctionName): void {
    this.#set(
      name,
      this.#current(name).map((replica) => ({ ...replica, state: 'ready' as const })),
    )
  }

  async whenReady(name: FunctionName, signal: AbortSignal): Promise<Replica> {
    for (;;) {
      if (!this.#replicas.has(name)) throw new FaasError('not-found', `function ${name} does not exist`)
      const ready = this.#ready(name)[0]
      if (ready !== undefined) return ready
      if (signal.aborted || this.#isStopped)
        throw new FaasError('unavailable', `function ${name} has no ready replica`)
      await this.#nextChange(signal)
    }
  }

  async fate(): Promise<string> {
    return ''
  }

  suspect(replica: Replica): void {
    this.suspected.push(replica)
    this.#set(
      replica.fn,
      this.#current(replica.fn).map((known) =>
        known.id === replica.id ? { ...known, state: 'starting' as const } : known,
      ),
    )
  }

  openLog(replicaId: string, query: ReplicaLogQuery, signal: AbortSignal): Promise<ReplicaLog> {
    return this.written.open(replicaId, query, signal)
  }

  async usage(name: FunctionName, signal: AbortSignal): Promise<Usage | null> {
    signal.throwIfAborted()
    return this.replicas(name).length === 0 ? { cpuMillicores: 0, memoryBytes: 0 } : this.usageNow
  }

  refreshSecret({ namespace, name }: { readonly namespace: string; readonly name: string }): void {
    this.refreshed.push(`${namespace}/${name}`)
  }

  watch(listener: (event: ProviderEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Somebody scales by tools of the engine's own. */
  scaleElsewhere(fn: FunctionName, replicas: number): void {
    this.#tell({ kind: 'scaled', fn, replicas })
  }

  status(): ProviderStatus {
    return this.engine
  }

  #current(name: FunctionName): readonly Replica[] {
    return this.#replicas.get(name) ?? []
  }

  #newReplica(fn: DeployedFunction): Replica {
    this.#serial += 1
    const id = `replica-${this.#serial}`
    this.written.begin(id)
    return {
      id,
      fn: fn.spec.name,
      revision: fn.revision,
      state: this.holdReady || this.silentImages.has(fn.spec.image) ? 'starting' : 'ready',
      host: this.host,
      port: this.port,
      sinceMs: 0,
    }
  }

  #set(fn: FunctionName, replicas: readonly Replica[]): void {
    const before = this.#current(fn)
    this.#replicas.set(fn, replicas)
    for (const old of before) if (!replicas.some(({ id }) => id === old.id)) this.#retire(old)
    this.#tell({ kind: 'ready', fn, ready: this.#ready(fn) })
    const isSame = before.length === replicas.length && before.every(({ id }, at) => id === replicas[at]?.id)
    if (!isSame) this.#tell({ kind: 'replicas', fn })
  }

  /** At once, when nobody keeps its log. */
  #retire(replica: Replica): void {
    const { id, fn } = replica
    if (this.#keptLogs === null) return this.written.end(id)
    this.#leaving.set(id, { ...replica, state: 'draining' })
    const open: OpenLog = (...asked) => this.openLog(...asked)
    void this.#keptLogs.keep(replica, open, this.#stopping.signal).then(() => {
      this.written.end(id)
      this.#leaving.delete(id)
      this.#tell({ kind: 'replicas', fn })
    })
  }

  #ready(fn: FunctionName): readonly Replica[] {
    return this.#current(fn).filter((replica) => replica.state === 'ready')
  }

  #tell(event: ProviderEvent): void {
    for (const listener of this.#listeners) listener(event)
    this.#wakeWaiters()
  }

  #wakeWaiters(): void {
    const waiting = [...this.#changed]
    this.#changed.clear()
    for (const wake of waiting) wake()
  }

  #nextChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        signal.removeEventListener('abort', wake)
        this.#changed.delete(wake)
        resolve()
      }
      this.#changed.add(wake)
      if (signal.aborted) wake()
      else signal.addEventListener('abort', wake)
    })
  }
}

function frozen(replica: Replica): Replica {
  return replica.state === 'ready' ? { ...replica, state: 'frozen' } : replica
}

function thawed(replica: Replica): Replica {
  return replica.state === 'frozen' ? { ...replica, state: 'ready' } : replica
}
