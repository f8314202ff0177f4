import type { BackupService } from '../backup/backup-service.ts'
import type { BuildService } from '../builds/build-service.ts'
import type { FunctionControl } from '../control/function-control.ts'
import { InvocationCount } from '../invoke/invocation-count.ts'
import type { Provider } from '../core/provider/provider.ts'
import type { GatewayServer } from '../gateway/gateway-server.ts'
import type { MetricsServer } from '../gateway/metrics-server.ts'
import type { UiServer } from '../gateway/ui-server.ts'
import { InFlight } from '../invoke/in-flight.ts'
import type { Invoker } from '../invoke/invoker.ts'
import type { FunctionLogs, KeptLogs } from '../logs/function-logs.ts'
import { DockerProvider, type DockerProviderOptions } from '../provider/docker/docker-provider.ts'
import type { QueueService } from '../queue/queue-service.ts'
import type { Scaler } from '../scaler/scaler.ts'
import { makeBase, type Given } from './base.ts'
import { makeBuilds } from './builds.ts'
import { makeInvoker } from './call-path.ts'
import { makeDesiredState } from './desired-state.ts'
import { makeBackups } from './backup.ts'
import { makeDoctor } from './doctor.ts'
import { connectEvents } from './events.ts'
import { makeApis, makeGateway, makeMetricsServer } from './gateway.ts'
import { makeKeptLogs, makeLogs } from './logs.ts'
import { makeMetrics, queueSources } from './metrics.ts'
import { dockerOptions } from './provider.ts'
import { makeQueue } from './queue.ts'
import { makeScaler } from './scaler.ts'

/** Creates the provider. Tests pass another one than Docker's. */
export type MakeProvider = (options: DockerProviderOptions) => Provider

/** What `daemon.ts` starts and stops. */
export interface Parts {
  readonly invoker: Invoker
  readonly keptLogs: KeptLogs
  readonly provider: Provider
  readonly logs: FunctionLogs
  readonly control: FunctionControl
  readonly counts: InvocationCount
  /** Null: there are no asynchronous calls. */
  readonly queue: QueueService | null
  readonly scaler: Scaler
  readonly gateway: GatewayServer
  readonly metricsServer: MetricsServer
  /** Null: there is no web page. */
  readonly uiServer: UiServer | null
  /** Null: images are built elsewhere. */
  readonly builds: BuildService | null
  readonly backups: BackupService
}

/**
 * The wiring diagram: builds the parts in order, each from earlier ones, and connects their ports. It knows
 * all of them, decides nothing, and reads and opens nothing. A new feature is a folder, a file here, and a
 * line below.
 */
export function assemble(given: Given, makeProvider: MakeProvider = makeDocker): Parts {
  const base = makeBase(given)
  const { registry, clock, log } = base
  const ledger = new InFlight()
  const keptLogs = makeKeptLogs(base)
  const provider = makeProvider(dockerOptions(base, { ledger, keptLogs }))
  const logs = makeLogs(base, provider, keptLogs)
  const desired = makeDesiredState(base, provider)
  const { functions: control } = desired
  const invoker = makeInvoker(base, { ledger, provider, control, crowded: (fn) => scaler.nudge(fn) })
  const queue = makeQueue(base, { invoker, provider })
  const scaler = makeScaler(base, { control, provider, invoker, queue })
  const counts = new InvocationCount({
    clock,
    log,
    store: registry.invocations,
    answered: (fn) => invoker.routes.metricsOf(fn)?.ended ?? 0,
  })
  const metrics = makeMetrics(base, { control, invoker, provider, scaler })
  const metricsServer = makeMetricsServer(base, metrics)
  const builds = makeBuilds(base, provider)
  const backups = makeBackups(base, queue)
  const { api, uiServer } = makeApis(base, {
    desired,
    provider,
    logs,
    counts,
    queue,
    metrics,
    metricsServer,
    scaler,
    builds,
    doctor: makeDoctor(base, { provider, queue }),
    backups,
  })
  const gateway = makeGateway(base, { invoker, api, queue })
  metrics.watchEdge(() => gateway.figures)
  if (queue !== null) metrics.watchQueue(queueSources(queue))
  connectEvents({ control, provider, invoker, counts, queue, gateway, scaler })
  for (const fn of registry.functions.all()) invoker.routes.add(fn)
  return {
    invoker,
    keptLogs,
    provider,
    logs,
    control,
    counts,
    queue,
    scaler,
    gateway,
    metricsServer,
    uiServer,
    builds,
    backups,
  }
}

function makeDocker(options: DockerProviderOptions): Provider {
  return new DockerProvider(options)
}
