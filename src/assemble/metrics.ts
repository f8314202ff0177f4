import type { Provider } from '../core/provider/provider.ts'
import { shownReplicas } from '../core/scaling/shown-replicas.ts'
import type { Invoker } from '../invoke/invoker.ts'
import { Metrics } from '../metrics.ts'
import type { QueueMetricSources } from '../queue-metrics.ts'
import type { QueueService } from '../queue/queue-service.ts'
import type { Scaler } from '../scaler/scaler.ts'
import type { Base } from './base.ts'

export interface MetricsNeeds {
  readonly invoker: Invoker
  readonly provider: Provider
  readonly scaler: Scaler
}

/** The metrics of the edge are added later, because the edge is built from parts that need these metrics. */
export function makeMetrics(
  { registry, bodies, capacity, descriptors }: Base,
  { invoker, provider, scaler }: MetricsNeeds,
): Metrics {
  return new Metrics({
    calls: () => invoker.routes.metrics(),
    replicas: () =>
      registry.functions.all().map((fn) => {
        const { name } = fn.spec
        const { desired, available: ready } = shownReplicas(fn, provider.replicas(name))
        const scaling = scaler.figures(name)
        return { fn: name, desired, ready, ...(scaling && { scaling }) }
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
