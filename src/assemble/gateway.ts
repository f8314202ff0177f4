import { productOf } from '../core/build-info.ts'
import type { Provider } from '../core/provider/provider.ts'
import type { Api } from '../gateway/api/api-requests.ts'
import { createApp } from '../gateway/api/app.ts'
import { EnqueueRoutes } from '../gateway/calls/enqueue-routes.ts'
import { InvokeRoutes } from '../gateway/calls/invoke-routes.ts'
import { GatewayServer } from '../gateway/gateway-server.ts'
import { MetricsServer } from '../gateway/metrics-server.ts'
import type { InvocationCount } from '../invoke/invocation-count.ts'
import type { Invoker } from '../invoke/invoker.ts'
import type { BackupService } from '../backup/backup-service.ts'
import type { Doctor } from '../doctor/doctor.ts'
import type { BuildService } from '../builds/build-service.ts'
import type { FunctionLogs } from '../logs/function-logs.ts'
import type { QueueService } from '../queue/queue-service.ts'
import type { Metrics } from '../metrics.ts'
import type { Scaler } from '../scaler/scaler.ts'
import type { Base } from './base.ts'
import type { DesiredState } from './desired-state.ts'

/** Connections that are accepted per turn in addition to the first (docs/decisions/0007-server-side.md). */
const MORE_ACCEPTORS = 3

export interface ApiNeeds {
  readonly desired: DesiredState
  readonly provider: Provider
  readonly logs: FunctionLogs
  readonly counts: InvocationCount
  readonly queue: QueueService | null
  readonly metrics: Metrics
  readonly metricsServer: MetricsServer
  readonly scaler: Scaler
  readonly builds: BuildService | null
  readonly doctor: Doctor
  readonly backups: BackupService
}

export function makeApi(
  { config, build, credentials, hostNames, bodies, clock, log }: Base,
  {
    desired,
    provider,
    logs,
    counts,
    queue,
    metrics,
    metricsServer,
    scaler,
    builds,
    doctor,
    backups,
  }: ApiNeeds,
): Api {
  const app = createApp({
    functions: desired.functions,
    dev: desired.dev,
    namespaces: desired.namespaces,
    secrets: desired.secrets,
    provider,
    scaling: scaler,
    events: scaler.events,
    builds,
    doctor,
    backups,
    logs,
    build,
    credentials,
    hostNames,
    functionLabel: config.faasFunctionLabel,
    queue: queue === null ? null : queue.queue,
    queueStatus: () => queue?.link.status() ?? null,
    bodies,
    invocations: (fn) => counts.total(fn),
    metricsPort: () => metricsServer.port,
    observe: (request) => metrics.observe(request),
    clock,
    log,
  })
  return (request, env) => app.fetch(request, env)
}

export interface GatewayNeeds {
  readonly invoker: Invoker
  readonly api: Api
  readonly queue: QueueService | null
}

export function makeGateway(base: Base, { invoker, api, queue: service }: GatewayNeeds): GatewayServer {
  const { config, capacity, build, hostNames, clock, log } = base
  const product = productOf(build)
  const calls = new InvokeRoutes({ calls: invoker, product, clock, log })
  const answersTo = (host: string): boolean => hostNames.includes(host)
  const queue =
    service === null
      ? undefined
      : new EnqueueRoutes({ queue: service.queue, calls, answersTo, product, clock, log })
  return new GatewayServer(
    { calls, queue, api, clock, log },
    {
      listen: config.listen,
      listenDescriptor: config.listenDescriptor,
      functionPort: config.functionPort,
      readTimeoutMs: config.readTimeoutMs,
      halfClosedMs: config.halfClosedMs,
      moreAcceptors: MORE_ACCEPTORS,
      limits: {
        headBytes: config.maxHeaderBytes,
        allHeadsBytes: config.headerBudgetBytes,
        allBodiesBytes: config.bodyBudgetBytes,
        connections: { most: capacity.connections, mostPerClient: capacity.connectionsPerClient },
      },
    },
  )
}

export function makeMetricsServer(
  { config, metricsHostNames, clock, log }: Base,
  metrics: Metrics,
): MetricsServer {
  return new MetricsServer(
    { render: () => metrics.render(), hostNames: metricsHostNames, clock, log },
    config.metricsListen,
  )
}
