import type { Load } from '../core/scaling/scaling-decision.ts'
import type { ScalingPolicy } from '../core/scaling/scaling-labels.ts'
import type { LoadWindow } from './load-window.ts'
import type { UsageWindow } from './usage-window.ts'

/** What is known of the load of one function. */
export interface LoadSources {
  /** Null: it was never called. */
  readonly calls: LoadWindow | null
  readonly usage: UsageWindow
  /** Asynchronous calls that run, wait, or fall due within seconds. Asked only where it is the load. */
  readonly backlog: () => number
}

const MIB = 2 ** 20
const CALM: Load = { up: 0, down: 0 }

/** The load that a function is scaled by; null while nothing was measured. */
export function loadOf({ type }: ScalingPolicy, { calls, usage, backlog }: LoadSources): Load | null {
  switch (type) {
    case null:
      return CALM
    case 'rps': {
      const half = calls?.rps(30) ?? 0
      return { up: Math.max(half, 0.5 * (calls?.rps(5) ?? 0)), down: half }
    }
    case 'capacity':
      return { up: calls?.peak(5) ?? 0, down: calls?.peak(45) ?? 0 }
    case 'latency': {
      const half = calls?.latencyMs(30) ?? 0
      return { up: half, down: Math.max(half, calls?.latencyMs(59) ?? 0) }
    }
    case 'queue': {
      const queued = backlog()
      return { up: queued, down: queued }
    }
    case 'cpu':
      return usage.isEmpty ? null : between(usage, ({ cpuMillicores }) => cpuMillicores)
    case 'memory':
      return usage.isEmpty ? null : between(usage, ({ memoryBytes }) => memoryBytes / MIB)
  }
}

function between(usage: UsageWindow, of: Parameters<UsageWindow['mean']>[0]): Load {
  return { up: usage.mean(of), down: usage.max(of) }
}
