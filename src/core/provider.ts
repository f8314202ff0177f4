import type { FunctionCondition } from './function-condition.ts'
import type { FunctionName } from './function-name.ts'
import type { DeployedFunction, FunctionSpec } from './function-spec.ts'
import type { LogLine } from './log-line.ts'
import type { Replica } from './replica.ts'
import type { SecretRef } from './secret-name.ts'

/**
 * What runs functions: Docker on this host, later an orchestrator. It speaks of functions; how replicas come
 * to be is its own affair. The registry says what should run, the provider makes it so, and nobody else
 * touches a container. Where others may change how many replicas there are, by an orchestrator's own tools,
 * the provider tells of it (`scaled`) and does not undo it.
 */
export interface Provider {
  readonly capabilities: Capabilities

  /**
   * Adopts what already runs, removes what no function owns, and converges from then on. Resolves when
   * adoption was tried once; an engine that is away does not fail it. `functions` is the whole desired state.
   * Throws `conflict`, with a sentence for the operator, when what runs belongs to another registry; nothing
   * was changed then.
   */
  start(functions: readonly DeployedFunction[]): Promise<void>

  /** Ends every loop and watch. Containers run on: they outlive the daemon. */
  stop(): Promise<void>

  /**
   * Fetches what the function needs, without changing anything that runs. Resolves with an artifact (for
   * Docker: the image id) that pins the revision. Throws `invalid` when the image cannot be had or cannot run
   * here, `unavailable` when the engine is away, `cancelled` when `signal` aborts: the caller stops waiting;
   * the fetch goes on for whoever asks next.
   */
  prepare(spec: FunctionSpec, signal: AbortSignal): Promise<string>

  /**
   * What the deployment asks for and does not get to the letter here, a sentence each that names the field.
   * Never throws.
   */
  remarks(spec: FunctionSpec): readonly string[]

  /**
   * Make it so. Idempotent, returns at once, converges in the background, reports by events. Of a function
   * that `isResting`, replicas without calls may become `frozen`: they leave the ready list and count as
   * before. A provider that cannot do that keeps them ready.
   */
  apply(fn: DeployedFunction): void

  /**
   * A call waits: a replica that is frozen is thawed at once, and is callable without a new probe if it was
   * ready before. The function rests no longer, until `apply` says so again. Does nothing else: how many
   * replicas there are is a matter of `apply`. Returns at once; never throws.
   */
  wake(name: FunctionName): void

  /**
   * Takes the function out of service at once; its replicas drain and go in the background. The name is free
   * on return.
   */
  remove(name: FunctionName): void

  /** The replicas known now, whatever their state. */
  replicas(name: FunctionName): readonly Replica[]

  /**
   * How the function does, and why; null for one that does not exist. Cheap: asked for each function of a
   * list.
   */
  condition(name: FunctionName): FunctionCondition | null

  /**
   * Resolves with a replica that can take a call. Throws `not-found` when the function is unknown or is
   * removed meanwhile; `unavailable`, with the reason, when `signal` aborts or the provider stops first.
   */
  whenReady(name: FunctionName, signal: AbortSignal): Promise<Replica>

  /**
   * A hint: a call found out that this replica was not ready. The provider may take it out of the ready list
   * until it knows better, or leave that to probes of its own.
   */
  suspect(replica: Replica, why: Suspicion): void

  /**
   * How this replica died just now, as a clause for a person; empty when it lives on, as far as a moment's
   * wait for the news tells. Never rejects.
   */
  fate(replica: Replica): Promise<string>

  /**
   * Opens the log of one replica that exists, whatever its state. The engine is asked before this returns.
   * Resolves when it has answered: from then on what is opened stays readable, also when the replica goes,
   * until `signal` aborts. Throws `not-found` when there is no such log, `unavailable` when the engine is
   * away. To merge the lines of several replicas, and to have those that are gone, is the affair of `logs/`.
   */
  openLog(replicaId: string, query: ReplicaLogQuery, signal: AbortSignal): Promise<ReplicaLog>

  /** What the function's replicas use now, summed. Null: this provider has no figures. */
  usage(name: FunctionName, signal: AbortSignal): Promise<Usage | null>

  /**
   * A secret has a new value, or is new: running replicas that ask for it see it soon, those that wait for it
   * are made. Never throws.
   */
  refreshSecret(secret: SecretRef): void

  /**
   * Calls `listener` on every change from now on; answers a function that ends this. Listeners must not
   * throw.
   */
  watch(listener: (event: ProviderEvent) => void): () => void

  /** Whether the engine answers, and what it is. Never throws; cheap enough for a health check. */
  status(): ProviderStatus
}

/** `refused`: it took no connection. `unready`: its watchdog said that its process did not. */
export type Suspicion = 'refused' | 'unready'

export interface Capabilities {
  /** Orchestration's name in `/system/info`. */
  readonly orchestration: string
  /** Most replicas of one function. */
  readonly maxReplicas: number
}

export type ProviderEvent =
  /** The replicas of `fn` that can be called have changed; `ready` is the whole new list. */
  | { readonly kind: 'ready'; readonly fn: FunctionName; readonly ready: readonly Replica[] }
  /** Replicas of `fn` have come or gone, or one has stopped or goes on running: those of `replicas` now. */
  | { readonly kind: 'replicas'; readonly fn: FunctionName }
  /**
   * This replica does not answer at the address in here any more; whoever does is a stranger. Comes after the
   * `ready` that leaves it out.
   */
  | { readonly kind: 'lost'; readonly replica: Replica }
  /**
   * Somebody else has changed how many replicas are desired where they run. The registry follows. A provider
   * that owns the count tells no such thing.
   */
  | { readonly kind: 'scaled'; readonly fn: FunctionName; readonly replicas: number }
  /**
   * Functions reach the host at these addresses (for Docker: the networks' gateways). The whole list, on
   * every change.
   */
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }

/** What the provider must know of calls so that it can drain a replica. `assemble/` plugs it. */
export interface CallLedger {
  /** Calls now running on this replica. */
  inFlight(replicaId: string): number
  /** The replica is to go. Resolves when it has no call in flight, or when `signal` aborts. Never throws. */
  whenIdle(replicaId: string, signal: AbortSignal): Promise<void>
}

export interface ProviderStatus {
  readonly reachable: boolean
  /** The engine's own version, `unknown` before the first contact. */
  readonly version: string
  /** Why it is not reachable, for a person; empty when it is. */
  readonly reason: string
}

export interface ReplicaLogQuery {
  /** Goes on with what is written, until the replica stops. Absent: ends with what was written so far. */
  readonly follow?: boolean
  /** Only lines with this timestamp or a later one. */
  readonly since?: string
  /**
   * At most this many entries from the end. A line is one, or several where the engine keeps a long one in
   * parts; the first line may lack its beginning then.
   */
  readonly entries?: number
}

/**
 * Lines of one replica in the order in which the engine has them, as many at a time as there are: two outputs
 * of a process may overtake each other a little. To be read once; the engine is read no faster than lines are
 * taken. Ends without an error when the signal that it was opened with aborts; throws when it breaks off.
 */
export interface ReplicaLog extends AsyncIterable<readonly LogLine[]> {
  /** Entries read so far. At the end as many as were asked for, or all there were. */
  readonly entries: number
}

/** As `Provider.openLog` has it. */
export type OpenLog = Provider['openLog']

/** Who keeps what replicas wrote, when they go. The provider has it before it removes one. */
export interface LogKeeping {
  /**
   * The replica is dead, or was stopped and is about to be removed, and its log goes with it. It is opened
   * by `open` before this returns, unless very many others are: somebody may remove the replica by hand.
   * Resolves when the log may go, after a bounded time, with its newest lines; the replica stays among
   * `replicas` until then. Gives up when `signal` aborts; never throws.
   */
  keep(replica: LeavingReplica, open: OpenLog, signal: AbortSignal): Promise<readonly string[]>
}

/** Which replica goes, and of which function. */
export type LeavingReplica = Pick<Replica, 'id' | 'fn'>

export interface Usage {
  /** Thousandths of a core. */
  readonly cpuMillicores: number
  readonly memoryBytes: number
}
