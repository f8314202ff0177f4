import { isLoopback } from '../core/host-names.ts'
import { productOf } from '../core/build-info.ts'
import type { Provider } from '../core/provider/provider.ts'
import type { Api } from '../gateway/api/api-requests.ts'
import { createApp, type AppPorts } from '../gateway/api/app.ts'
import { BasicDoor } from '../gateway/api/door.ts'
import { createUiApp, withCommonHeaders } from '../gateway/api/ui-app.ts'
import { Site, SITE_FOLDER } from '../gateway/api/ui/site.ts'
import { BasicAuth } from '../gateway/login/auth.ts'
import { SessionTable } from '../gateway/login/session-table.ts'
import { UiServer } from '../gateway/ui-server.ts'
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

/** What the apps of both listeners have in common. */
function appPorts(
  { config, build, credentials, hostNames, ui, bodies, clock, log }: Base,
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
  uiServer: () => UiServer | null,
): AppPorts {
  return {
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
    ui:
      ui === null
        ? null
        : { port: () => uiServer()?.port ?? null, isLocal: isLoopback(ui.listen.host), url: config.uiUrl },
    functionLabel: config.faasFunctionLabel,
    queue: queue === null ? null : queue.queue,
    queueStatus: () => queue?.link.status() ?? null,
    bodies,
    invocations: (fn) => counts.total(fn),
    metricsPort: () => metricsServer.port,
    observe: (request) => metrics.observe(request),
    clock,
    log,
  }
}

/** The API of the gateway, and the listener of the web page; null: there is none. */
export interface Apis {
  readonly api: Api
  readonly uiServer: UiServer | null
}

export function makeApis(base: Base, needs: ApiNeeds): Apis {
  const { credentials, clock, hostNames } = base
  // One for both, so that wrong passwords are counted together.
  const auth = new BasicAuth(credentials, clock)
  let uiServer: UiServer | null = null
  const ports = appPorts(base, needs, () => uiServer)
  const app = createApp(ports, new BasicDoor(auth, hostNames))
  uiServer = makeUiServer(base, ports, auth)
  return { api: (request, env) => app.fetch(request, env), uiServer }
}

function makeUiServer({ config, ui, clock, log }: Base, ports: AppPorts, auth: BasicAuth): UiServer | null {
  if (ui === null) return null
  const site = new Site(SITE_FOLDER)
  const app = createUiApp({
    api: ports,
    auth,
    uiHostNames: ui.hostNames,
    sessions: new SessionTable(clock),
    site,
  })
  const api: Api = async (request, env) => withCommonHeaders(await app.fetch(request, env), site)
  return new UiServer(
    { api, load: () => site.load(), clock, log },
    {
      listen: ui.listen,
      isChosen: ui.isChosen,
      headBytes: config.maxHeaderBytes,
      readTimeoutMs: config.readTimeoutMs,
      halfClosedMs: config.halfClosedMs,
    },
  )
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
