/**
 * What the daemon answers, as this page reads it. Every field may be missing: the daemon may be a release older than
 * this page. What is missing shows as a dash; what is not named here is passed over.
 */

export interface Deploying {
  readonly revision?: number
  readonly text?: string
  readonly done?: number
  readonly total?: number
}

export interface OverviewRow {
  readonly name: string
  readonly namespace: string
  readonly image?: string
  readonly revision?: number
  readonly state?: string
  readonly reason?: string
  readonly sinceMs?: number
  readonly ready?: number
  readonly desired?: number
  readonly callsPerSecond?: number
  readonly errorShare?: number
  readonly p50Ms?: number | null
  readonly p99Ms?: number | null
  readonly cpuMilli?: number | null
  readonly memoryBytes?: number | null
  readonly memoryLimitBytes?: number
  readonly queue?: number
  readonly oldestQueuedMs?: number
  readonly dead?: number
  readonly lastCallMs?: number | null
  readonly deploying?: Deploying
}

export interface HostFigures {
  readonly name?: string
  readonly callsPerSecond?: number
  readonly errorShare?: number
  /** Of the last hour's maximum. */
  readonly callsShare?: number
  /** Of all cores, 0 to 1. */
  readonly cpuShare?: number | null
  readonly cores?: number
  readonly memoryUsedBytes?: number | null
  readonly memoryTotalBytes?: number
  readonly disk?: { readonly usedBytes?: number; readonly totalBytes?: number } | null
  readonly engine?: {
    readonly ok?: boolean
    readonly reason?: string
    readonly version?: string
    readonly pingMs?: number
  }
  readonly model?: string
  readonly kernel?: string
  readonly cgroupVersion?: number | string
  readonly version?: string
  readonly commit?: string
  readonly arch?: string
  readonly uptimeMs?: number
  /** Where functions answer, without a slash at the end. */
  readonly functionsUrl?: string
}

export interface QueueFigures {
  readonly ok?: boolean
  readonly reason?: string
  readonly waiting?: number
  readonly dead?: number
}

export interface Attention {
  readonly level?: string
  readonly kind?: string
  readonly subject?: string
  readonly text?: string
}

export interface EventLine {
  readonly id?: number | string
  readonly at?: string
  readonly atMs?: number
  readonly kind?: string
  readonly name?: string
  readonly namespace?: string
  readonly subject?: string
  readonly from?: number
  readonly to?: number
  readonly reason?: string
  readonly text?: string
  readonly user?: string
  readonly address?: string
}

export interface Overview {
  readonly version?: number | string
  readonly at?: number
  readonly host?: HostFigures
  /** Null where asynchronous calls are switched off. */
  readonly queue?: QueueFigures | null
  readonly attention?: readonly Attention[]
  readonly functions?: readonly OverviewRow[]
  /** Those that went since: `NAME.NAMESPACE`. */
  readonly gone?: readonly string[]
}

export interface Metrics {
  readonly stepMs?: number
  readonly from?: number
  readonly columns?: readonly string[]
  readonly rows?: readonly (readonly (number | null)[])[]
}

export interface Replica {
  readonly id?: string
  readonly state?: string
  readonly sinceMs?: number
  readonly revision?: number
  readonly inFlight?: number
  readonly cpuMilli?: number | null
  readonly memoryBytes?: number | null
  readonly restarts?: number
  readonly lastExit?: { readonly code?: number; readonly oom?: boolean; readonly atMs?: number } | null
  readonly reason?: string
}

export interface Revision {
  readonly revision: number
  readonly image?: string
  readonly createdAt?: string
  readonly state?: string
  readonly wasReady?: boolean
  readonly reason?: string
  readonly changed?: readonly string[]
  readonly by?: string
}

export interface Resources {
  readonly memory?: string
  readonly cpu?: string
}

/** A function as it was deployed, with what OpenFaaS adds to it. */
export interface FunctionStatus {
  readonly name: string
  readonly namespace?: string
  readonly image?: string
  readonly envProcess?: string
  readonly envVars?: Readonly<Record<string, string>>
  readonly constraints?: readonly string[]
  readonly secrets?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly limits?: Resources
  readonly requests?: Resources
  readonly readOnlyRootFilesystem?: boolean
  readonly replicas?: number
  readonly availableReplicas?: number
  readonly createdAt?: string
  readonly status?: { readonly revision?: number; readonly state?: string; readonly reason?: string }
}

export interface QueueOf {
  readonly queue: string
  readonly paused?: boolean
  readonly functions?: readonly {
    readonly name: string
    readonly namespace?: string
    readonly pending?: number
    readonly inFlight?: number
    readonly delayed?: number
    readonly oldestAgeSeconds?: number
    readonly limit?: number
  }[]
}

export interface AsyncCall {
  readonly id: string
  readonly callId?: string
  readonly name?: string
  readonly namespace?: string
  readonly queue?: string
  readonly state?: string
  readonly attemptCount?: number
  readonly enqueuedAt?: string
  readonly startedAt?: string
  readonly finishedAt?: string
  readonly nextAt?: string
  readonly status?: number
  readonly error?: string
  readonly durationSeconds?: number
  readonly reason?: string
  readonly callback?: string
  readonly hasResult?: boolean
  readonly attempts?: readonly {
    readonly attempt?: number
    readonly startedAt?: string
    readonly durationSeconds?: number
    readonly status?: number
    readonly error?: string
  }[]
  readonly method?: string
  readonly path?: string
  readonly bodyBytes?: number
  readonly lastAnswer?: string
}

export interface Finding {
  readonly check?: string
  readonly state?: string
  readonly text?: string
  readonly meaning?: string
  readonly fix?: string
}

export interface StackPlan {
  readonly functions?: readonly {
    readonly name: string
    readonly action?: string
    readonly changes?: readonly string[]
    readonly problem?: string
    readonly line?: number
  }[]
}

export interface StoreEntry {
  readonly name: string
  readonly title?: string
  readonly description?: string
  readonly author?: string
  readonly images?: Readonly<Record<string, string>>
  readonly fprocess?: string
  readonly repo_url?: string
  readonly environment?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
}
