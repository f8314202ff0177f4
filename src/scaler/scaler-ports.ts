import type { Clock } from '../clock.ts'
import type { FunctionCondition } from '../core/functions/function-condition.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { DeployedFunction } from '../core/functions/function-spec.ts'
import type { Usage } from '../core/provider/provider.ts'
import type { Replica } from '../core/provider/replica.ts'
import type { ScalingDefaults } from '../core/scaling/scaling-labels.ts'
import type { Log } from '../log.ts'
import type { Host } from './host.ts'
import type { CallCounters } from './load-window.ts'

/** What the scaler asks of others; `assemble/` plugs it. */
export interface ScalerPorts {
  /** What should run. */
  functions(): readonly DeployedFunction[]
  /** Sets the desired replicas and ends a rest. */
  scale(fn: FunctionName, replicas: number): Promise<number>
  /** No call is expected soon. */
  rest(fn: FunctionName): void
  /** Ends a rest. */
  wake(fn: FunctionName): void
  replicas(fn: FunctionName): readonly Replica[]
  condition(fn: FunctionName): FunctionCondition | null
  usage(fn: FunctionName, signal: AbortSignal): Promise<Usage | null>
  /** Undefined for a function that is not known to the call path. */
  calls(fn: FunctionName): CallCounters | undefined
  /** Asynchronous calls of the function that run, wait, or fall due within seconds. */
  backlog(fn: FunctionName): number
  readonly clock: Clock
  readonly log: Log
}

/** Who scales by load. `alert`: an AlertManager; `off`: nobody, and nothing goes to zero either. */
export type ScalerMode = 'builtin' | 'alert' | 'off'

export interface ScalerOptions {
  readonly mode: ScalerMode
  readonly defaults: ScalingDefaults
  readonly host: Host
  /** Memory for replicas; null: what is usual on this host. */
  readonly memoryBytes: number | null
}
