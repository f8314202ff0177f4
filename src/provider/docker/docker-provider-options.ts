import type { Clock } from '../../clock.ts'
import type { CallLedger, LogKeeping } from '../../core/provider/provider.ts'
import type { Log } from '../../log.ts'
import type { GuardSettings } from './host/host-guard.ts'
import type { OwningRegistry } from './belongings/ownership.ts'
import type { SecretValues } from './belongings/secret-files.ts'

/** The provider's settings, and ports that `assemble/` connects. */
export interface DockerProviderOptions {
  /** `unix:///path`, `tcp://host:port`, …; null is the usual socket. */
  readonly dockerHost: string | null
  /** In the names and labels of containers and networks. */
  readonly instance: string
  /** Tells which containers and networks are ours. */
  readonly registry: OwningRegistry
  /** Ids of other registries that the operator wants taken over. */
  readonly takeOver: readonly string[]
  readonly dataDir: string
  /** Folder of `fwatchdog-amd64` and its like; null: beside the program. */
  readonly watchdogDir: string | null
  /** Folder on a tmpfs for secrets; null looks for one. */
  readonly runtimeDir: string | null
  /** Folder of Docker's `config.json`, for registry credentials; null: none. */
  readonly dockerConfigDir: string | null
  /** The proc file system of the engine's host; default `/proc`. */
  readonly procDir?: string
  /** `auto`: by the files of cgroups where this process may write them; `docker`: by the engine's pause. */
  readonly freezer: 'auto' | 'docker'
  /** Where control groups are mounted; default `/sys/fs/cgroup`. */
  readonly cgroupRoot?: string
  readonly guard: GuardSettings
  /** MTU of the networks of functions, bytes; null: that of the engine's default network. */
  readonly mtu: number | null
  readonly ledger: CallLedger
  readonly keptLogs: LogKeeping
  readonly secrets: SecretValues
  readonly clock: Clock
  readonly log: Log
  /** Longest wait for the calls of a replica that is being removed; default 60 s. */
  readonly drainMs?: number
}
