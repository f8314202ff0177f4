import type { FunctionControl } from '../control/function-control.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { Provider } from '../core/provider/provider.ts'
import { shownReplicas } from '../core/scaling/shown-replicas.ts'
import type { Invoker } from '../invoke/invoker.ts'
import { Metrics } from '../metrics.ts'
import type { QueueMetricSources } from '../queue-metrics.ts'
import type { QueueService } from '../queue/queue-service.ts'
import type { Scaler } from '../scaler/scaler.ts'
import type { Base } from './base.ts'

export interface MetricsNeeds {
  readonly control: FunctionControl
  readonly invoker: Invoker
  readonly provider: Provider
  readonly scaler: Scaler
}

/** The metrics of the edge are added later, because the edge is built from parts that need these metrics. */
export function makeMetrics(
  { registry, bodies, capacity, descriptors }: Base,
  { control, invoker, provider, scaler }: MetricsNeeds,
): Metrics {
  const outOfMemory = new Map<FunctionName, number>()
  provider.watch((event) => {
    if (event.kind === 'out-of-memory') outOfMemory.set(event.fn, (outOfMemory.get(event.fn) ?? 0) + 1)
  })
  control.watch(({ kind, fn }) => {
    if (kind === 'removed') outOfMemory.delete(fn.spec.name)
  })
  return new Metrics({
    calls: () => invoker.routes.metrics(),
    replicas: () =>
      registry.functions.all().map((fn) => {
        const { name } = fn.spec
        const { desired, available: ready } = shownReplicas(fn, provider.replicas(name))
        const scaling = scaler.figures(name)
        const deaths = outOfMemory.get(name) ?? 0
        const rests = provider.rests(name)
        return { fn: name, desired, ready, outOfMemory: deaths, rests, ...(scaling && { scaling }) }
      }),
    budgets: {
      calls: () => invoker.figures,
      apiBodies: bodies,
      limits: { connections: capacity.connections, calls: capacity.calls, descriptors },
    },
  })
}

export function queueSources({ queue, link }: QueueService): QueueMetricSources {
  return { figures: queue.figures, stock: () => queue.stock, nats: () => link.status() }
}
