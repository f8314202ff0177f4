import type { Provider } from '../core/provider.ts'
import { isAvailable } from '../core/replica.ts'
import type { Invoker } from '../invoke/invoker.ts'
import { Metrics } from '../metrics.ts'
import type { QueueMetricSources } from '../queue-metrics.ts'
import type { QueueService } from '../queue/queue-service.ts'
import type { Base } from './base.ts'

export interface MetricsNeeds {
  readonly invoker: Invoker
  readonly provider: Provider
}

/** The metrics of the edge are added later, because the edge is built from parts that need these metrics. */
export function makeMetrics(
  { registry, bodies, capacity, descriptors }: Base,
  { invoker, provider }: MetricsNeeds,
): Metrics {
  return new Metrics({
    calls: () => invoker.routes.metrics(),
    replicas: () =>
      registry.functions.all().map(({ spec, replicas: desired }) => {
        return { fn: spec.name, desired, ready: provider.replicas(spec.name).filter(isAvailable).length }
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
