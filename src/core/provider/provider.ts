import type { FunctionCondition } from '../functions/function-condition.ts'
import type { FunctionName } from '../functions/function-name.ts'
import type { DeployedFunction, FunctionSpec } from '../functions/function-spec.ts'
import type { FileChanges } from './file-changes.ts'
import type { ImageBuilder } from './image-builder.ts'
import type { LogLine } from './log-line.ts'
import type { Replica } from './replica.ts'
import type { SecretRef } from '../functions/secret-name.ts'

/**
 * Runs functions: on Docker of this host, later on an orchestrator. Its interface speaks of functions; how it
 * creates replicas is its own business. The registry says what should run, the provider carries that out, and
 * nobody else touches a container. Where an orchestrator's own tools can change the number of replicas, the
 * provider reports the change (`scaled`) and does not undo it.
 */
export interface Provider {
  readonly capabilities: Capabilities

  /** Makes images from source; absent where that cannot be done. */
  readonly builder?: ImageBuilder

  /**
   * Adopts what already runs, removes what no function owns, and converges from then on. Resolves when
   * adoption was tried once; an unreachable engine is no failure. `functions` is the whole desired state.
   * Throws `conflict`, with a sentence for the operator and before anything was changed, when what runs
   * belongs to another registry.
   */
  start(functions: readonly DeployedFunction[]): Promise<void>

  /** Ends every loop and watch. Containers run on: they outlive the daemon. */
  stop(): Promise<void>

  /**
   * Fetches what the function needs, without changing anything that runs. Resolves with an artifact (for
   * Docker: the image id) that pins the revision. Throws `invalid` when the image is not available or cannot
   * run here, `unavailable` when the engine is unreachable, `cancelled` when `signal` aborts. After an abort
   * the fetch itself goes on for the next caller.
   */
  prepare(spec: FunctionSpec, signal: AbortSignal): Promise<string>

  /**
   * Whether what `prepare` once returned is still here, so that a revision can run on the very same. Throws
   * `unavailable` when the engine is unreachable.
   */
  hasArtifact(artifact: string): Promise<boolean>

  /**
   * What the deployment asks for and does not get exactly: one sentence each, naming the field. Never throws.
   */
  remarks(spec: FunctionSpec): readonly string[]

  /**
   * Sets the desired state of a function. Idempotent; returns at once, converges in the background, reports
   * by events. When the function `isResting`, replicas without calls may become `frozen`: they leave the
   * ready list but still count. A provider that cannot freeze keeps them ready.
   */
  apply(fn: DeployedFunction): void

  /**
   * A call waits: thaws frozen replicas at once. One that was ready before is callable without a new probe.
   * The function stops resting until `apply` says so again. Does not change the number of replicas, which
   * `apply` does. Returns at once; never throws.
   */
  wake(name: FunctionName): void

  /**
   * Takes the function out of service at once; its replicas drain and go in the background. The name is free
   * on return.
   */
  remove(name: FunctionName): void

  /**
   * Changes files in a folder of the only replica, thawed for that, and has its process started anew; resolves
   * with the replica's id. The next replica has nothing of it. Throws `conflict`, with a sentence for a person,
   * for what cannot be changed in place; `unavailable`. Absent where that cannot be done.
   */
  changeFiles?(fn: DeployedFunction, folder: string, changes: FileChanges): Promise<string>

  /** All replicas known now, whatever their state. */
  replicas(name: FunctionName): readonly Replica[]

  /**
   * State of the function, and the reason; null when it does not exist. Cheap: asked for each function of a
   * list.
   */
  condition(name: FunctionName): FunctionCondition | null

  /**
   * Resolves with a replica that can take a call. Throws `not-found` when the function is unknown or is
   * removed meanwhile; `unavailable`, with the reason, when `signal` aborts or the provider stops first. What
   * is asked before `start` waits for it.
   */
  whenReady(name: FunctionName, signal: AbortSignal): Promise<Replica>

  /**
   * A hint: a call found that this replica was not ready. The provider may take it out of the ready list
   * until it has checked, or rely on its own probes.
   */
  suspect(replica: Replica, why: Suspicion): void

  /**
   * How this replica died just now, as a clause for a person. Empty when no news of a death arrives within a
   * moment. Never rejects.
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

  /** How often replicas of the function were frozen and thawed since this process began. */
  rests(name: FunctionName): RestFigures

  /**
   * A secret is new or has a new value: running replicas that use it see it soon, and replicas that waited
   * for it are created. Never throws.
   */
  refreshSecret(secret: SecretRef): void

  /**
   * Calls `listener` on every change from now on; returns a function that ends this. Listeners must not
   * throw.
   */
  watch(listener: (event: ProviderEvent) => void): () => void

  /** Whether the engine answers, and what it is. Never throws; cheap enough for a health check. */
  status(): ProviderStatus
}

/** `refused`: it accepted no connection. `unready`: its watchdog said that its process accepted none. */
export type Suspicion = 'refused' | 'unready'

/** How containers that rest are frozen; `untried` until there was one to try it with. */
export type FreezeMethod = 'cgroup-v1' | 'cgroup-v2' | 'docker-pause' | 'untried'

/** Freezes and thaws that succeeded, how long all of them took together, and those that were refused. */
export interface RestFigures {
  readonly failures: number
  readonly freezes: number
  readonly freezeSeconds: number
  readonly thaws: number
  readonly thawSeconds: number
}

export const NO_RESTS: RestFigures = {
  failures: 0,
  freezes: 0,
  freezeSeconds: 0,
  thaws: 0,
  thawSeconds: 0,
}

export interface Capabilities {
  /** Orchestration's name in `/system/info`. */
  readonly orchestration: string
  /** Null: this provider freezes nothing. */
  readonly freezing: FreezeMethod | null
  /** Most replicas of one function. */
  readonly maxReplicas: number
}

export type ProviderEvent =
  /** The replicas of `fn` that can be called have changed; `ready` is the whole new list. */
  | { readonly kind: 'ready'; readonly fn: FunctionName; readonly ready: readonly Replica[] }
  /** A replica of `fn` died, could not be created or was given up. `condition` says what that means. */
  | { readonly kind: 'setback'; readonly fn: FunctionName }
  /** Replicas of `fn` have come or gone, or one has stopped or goes on running: those of `replicas` now. */
  | { readonly kind: 'replicas'; readonly fn: FunctionName }
  /**
   * This replica no longer answers at this address; something else may. Comes after the `ready` event that
   * leaves it out.
   */
  | { readonly kind: 'lost'; readonly replica: Replica }
  /** A replica of `fn` has died because a process of it took more memory than it may. */
  | { readonly kind: 'out-of-memory'; readonly fn: FunctionName }
  /**
   * The desired number of replicas was changed with the orchestrator's own tools. The registry follows. A
   * provider that owns the count never sends this.
   */
  | { readonly kind: 'scaled'; readonly fn: FunctionName; readonly replicas: number }
  /**
   * Functions reach the host at these addresses (for Docker: the networks' gateways). The whole list, on
   * every change.
   */
  | { readonly kind: 'addresses'; readonly addresses: readonly string[] }

/** What the provider must know about calls to drain a replica. `assemble/` connects it. */
export interface CallLedger {
  /** Calls now running on this replica. */
  inFlight(replicaId: string): number
  /**
   * The replica will be removed. Resolves when it has no call in flight, or when `signal` aborts. Never
   * throws.
   */
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
