import type { Clock } from './clock.ts'
import type { Config } from './config.ts'
import { FunctionControl } from './control/function-control.ts'
import { InvocationCount } from './control/invocation-count.ts'
import { NamespaceControl } from './control/namespace-control.ts'
import { SecretControl } from './control/secret-control.ts'
import { namespaceOf, type FunctionName } from './core/function-name.ts'
import type { Provider } from './core/provider.ts'
import { createApp, type AppPorts } from './gateway/app.ts'
import { GatewayServer } from './gateway/gateway-server.ts'
import { InvokeRoutes } from './gateway/invoke-routes.ts'
import { MetricsServer } from './gateway/metrics-server.ts'
import { UpgradeRoute } from './gateway/upgrade-route.ts'
import { Invoker } from './invoke/invoker.ts'
import type { Log } from './log.ts'
import { Metrics } from './metrics.ts'
import { DockerProvider, type DockerProviderOptions } from './provider/docker/docker-provider.ts'
import { adminPassword } from './registry/admin-password.ts'
import type { Registry } from './registry/registry.ts'
import { buildInfo, type BuildInfo } from './version.ts'

/**
 * The wiring diagram: builds the parts and plugs their ports. The one file that knows all of them; it decides nothing. A new feature is a
 * folder and a few lines here.
 */

export interface AssemblyOptions {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  /** In place of Docker; for tests. */
  readonly makeProvider?: (options: DockerProviderOptions) => Provider
}

/** What `daemon.ts` starts and stops. */
export interface Parts {
  readonly invoker: Invoker
  readonly provider: Provider
  readonly control: FunctionControl
  readonly counts: InvocationCount
  readonly gateway: GatewayServer
  readonly metricsServer: MetricsServer
}

/** What every step below may use. */
interface Base extends AssemblyOptions {
  readonly registry: Registry
  readonly build: BuildInfo
}

export function assemble(options: AssemblyOptions, registry: Registry): Parts {
  const { config, log } = options
  const base: Base = { ...options, registry, build: buildInfo() }

  const invoker = makeInvoker(base, {
    wantAwake: (fn) => wake(control, fn, log),
    provider: () => provider,
  })
  const provider = makeProvider(base, invoker)
  const counts = new InvocationCount({
    ...base,
    store: registry.invocations,
    answered: (fn) => invoker.routes.metricsOf(fn)?.ended ?? 0,
  })
  const control = makeControl(base, { invoker, provider, counts })
  const metrics = new Metrics({
    calls: () => invoker.routes.metrics(),
    replicas: () => registry.functions.all().map((fn) => replicaFigures(fn.spec.name, fn.replicas, provider)),
  })
  const app = createApp({
    ...apiPorts(base, { control, provider }),
    invocations: (fn) => counts.total(fn),
    metricsPort: () => metricsServer.port,
    observe: (request) => metrics.observe(request),
  })
  const gateway = makeGateway(base, invoker, (request, env) => app.fetch(request, env))
  const metricsServer = new MetricsServer(
    { render: () => metrics.render(), clock: base.clock, log },
    config.metricsListen,
  )
  return { invoker, provider, control, counts, gateway, metricsServer }
}

interface InvokerNeeds {
  readonly wantAwake: (fn: FunctionName) => void
  /** Made after the invoker: each needs the other. */
  readonly provider: () => Provider
}

function makeInvoker({ config, clock, build }: Base, { wantAwake, provider }: InvokerNeeds): Invoker {
  return new Invoker({
    ports: {
      wantAwake,
      whenReady: (fn, signal) => provider().whenReady(fn, signal),
      suspect: (replica) => provider().suspect(replica),
    },
    limits: {
      upstreamMs: config.upstreamTimeoutMs,
      writeMs: config.writeTimeoutMs,
      wakeMs: config.wakeTimeoutMs,
      maxHeaderBytes: config.maxHeaderBytes,
    },
    version: build.release,
    clock,
  })
}

function makeProvider(base: Base, invoker: Invoker): Provider {
  const { config, clock, log, registry } = base
  const make = base.makeProvider ?? ((given: DockerProviderOptions) => new DockerProvider(given))
  return make({
    ...config,
    ledger: invoker.ledger,
    secrets: { value: (namespace, name) => registry.secrets.value(namespace, name) },
    clock,
    log,
  })
}

interface Running {
  readonly invoker: Invoker
  readonly provider: Provider
  readonly counts: InvocationCount
}

function makeControl(
  { registry, clock, log }: Base,
  { invoker, provider, counts }: Running,
): FunctionControl {
  const { functions, namespaces, secrets } = registry
  return new FunctionControl({
    registry: functions,
    provider,
    hasNamespace: (name) => namespaces.has(name),
    missingSecret: (namespace, names) => names.find((name) => !secrets.has(namespace, name)),
    onKnown: (fn) => invoker.routes.add(fn),
    onForgotten: (fn) => {
      invoker.remove(fn)
      counts.forget(fn)
    },
    clock,
    log,
  })
}

interface ApiNeeds {
  readonly control: FunctionControl
  readonly provider: Provider
}

function apiPorts(
  base: Base,
  { control, provider }: ApiNeeds,
): Omit<AppPorts, 'invocations' | 'metricsPort' | 'observe'> {
  const { config, registry, build, clock, log } = base
  const { functions, namespaces, secrets } = registry
  const nowMs = (): number => Math.floor(clock.wall())
  const functionsIn = (namespace: string): number =>
    functions.all().filter(({ spec }) => namespaceOf(spec.name) === namespace).length

  return {
    functions: control,
    namespaces: new NamespaceControl({
      registry: namespaces,
      contents: (name) => ({ functions: functionsIn(name), secrets: secrets.list(name).length }),
      nowMs,
    }),
    secrets: new SecretControl({
      registry: secrets,
      hasNamespace: (name) => namespaces.has(name),
      onChanged: (secret) => provider.refreshSecret(secret),
      nowMs,
    }),
    provider,
    build,
    credentials: { user: config.adminUser, password: config.adminPassword ?? adminPassword(config.dataDir) },
    functionLabel: config.faasFunctionLabel,
    clock,
    log,
  }
}

type Api = (request: Request, env: object) => Response | Promise<Response>

function makeGateway({ config, build, clock, log }: Base, invoker: Invoker, api: Api): GatewayServer {
  const calls = { calls: invoker, version: build.release, clock, log }
  const plain = new InvokeRoutes(calls)
  const upgrades = new UpgradeRoute(calls)
  return new GatewayServer(
    {
      calls: {
        handle: (req, res) => plain.handle(req, res),
        handleContinue: (req, res) => plain.handleContinue(req, res),
        upgrade: (req, socket, head) => upgrades.upgrade(req, socket, head),
      },
      api,
      clock,
      log,
    },
    { listen: config.listen, functionPort: config.functionPort, readTimeoutMs: config.readTimeoutMs },
  )
}

/** A wake-up that the registry refuses must not fail the calls that wait: somebody else may start the function. */
function wake(control: FunctionControl, fn: FunctionName, log: Log): void {
  try {
    control.wake(fn)
  } catch (err) {
    log.error('function cannot be woken', { fn, err })
  }
}

function replicaFigures(
  fn: FunctionName,
  desired: number,
  provider: Provider,
): { readonly fn: FunctionName; readonly desired: number; readonly ready: number } {
  const ready = provider.replicas(fn).filter(({ state }) => state === 'ready').length
  return { fn, desired, ready }
}
