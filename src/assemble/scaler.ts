import type { FunctionControl } from '../control/function-control.ts'
import type { Provider } from '../core/provider/provider.ts'
import type { Invoker } from '../invoke/invoker.ts'
import type { QueueService } from '../queue/queue-service.ts'
import { Scaler, thisHost } from '../scaler/scaler.ts'
import type { Base } from './base.ts'

export interface ScalerNeeds {
  readonly control: FunctionControl
  readonly provider: Provider
  readonly invoker: Invoker
  /** Null: there are no asynchronous calls. */
  readonly queue: QueueService | null
}

export function makeScaler(base: Base, { control, provider, invoker, queue }: ScalerNeeds): Scaler {
  const { config, registry, clock, log } = base
  return new Scaler(
    {
      functions: () => registry.functions.all(),
      scale: (fn, replicas) => control.scale(fn, replicas),
      rest: (fn) => control.rest(fn),
      wake: (fn) => control.wake(fn),
      replicas: (fn) => provider.replicas(fn),
      condition: (fn) => provider.condition(fn),
      usage: (fn, signal) => provider.usage(fn, signal),
      calls: (fn) => invoker.routes.metricsOf(fn),
      backlog: (fn) => queue?.queue.backlogOf(fn) ?? 0,
      clock,
      log,
    },
    {
      mode: config.autoscaler,
      defaults: {
        serverMax: provider.capabilities.maxReplicas,
        target: config.scaleTarget,
        windowMs: config.scaleDownWindowMs,
        removeAfterMs: config.removeAfterMs,
      },
      host: thisHost(),
      memoryBytes: config.replicaMemoryBytes,
    },
  )
}
