import { BudgetWatch } from './budget-watch.ts'
import type { Clock } from './clock.ts'
import type { Config, ListenAddress } from './config.ts'
import { FunctionControl } from './control/function-control.ts'
import { InvocationCount } from './control/invocation-count.ts'
import { NamespaceControl } from './control/namespace-control.ts'
import { SecretControl } from './control/secret-control.ts'
import type { Capacity } from './core/capacity.ts'
import { namespaceOf, type FunctionName } from './core/function-name.ts'
import { HostNames } from './core/host-names.ts'
import type { Provider } from './core/provider.ts'
import { isAvailable } from './core/replica.ts'
import { capacityOf, descriptorLimit } from './descriptors.ts'
import type { Api } from './gateway/api/api-requests.ts'
import { createApp, type AppPorts } from './gateway/api/app.ts'
import type { Credentials } from './gateway/login/auth.ts'
import { BodyBudget } from './gateway/shared/body-budget.ts'
import { GatewayServer } from './gateway/gateway-server.ts'
import { InvokeRoutes } from './gateway/calls/invoke-routes.ts'
import { MetricsServer } from './gateway/metrics-server.ts'
import { OwnCredentials } from './gateway/login/own-credentials.ts'
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

/** What every step below may use. A part is given what it names, field by field: nothing here is spread into one. */
interface Base {
  readonly config: Config
  readonly log: Log
  readonly clock: Clock
  readonly registry: Registry
  readonly build: BuildInfo
  readonly capacity: Capacity
  readonly credentials: Credentials
  readonly hostNames: HostNames
  readonly bodies: BodyBudget
}

export function assemble(options: AssemblyOptions, registry: Registry): Parts {
  const { config, log, clock } = options
  const bodies = new BodyBudget(config.apiBodyBytes, new BudgetWatch(log, clock))
  const namesAt = ({ host }: ListenAddress): HostNames =>
    new HostNames({ listenHost: host, allowed: config.allowedHosts })
  const base: Base = {
    config,
    log,
    clock,
    registry,
    build: buildInfo(),
    capacity: capacityOf(config, log),
    credentials: { user: config.adminUser, password: config.adminPassword ?? adminPassword(config.dataDir) },
    hostNames: namesAt(config.listen),
    bodies,
  }

  const invoker = makeInvoker(base, {
    wantAwake: (fn) => wake(control, fn, log),
    provider: () => provider,
  })
  const make = options.makeProvider ?? ((given) => new DockerProvider(given))
  const provider = make(providerOptions(base, invoker))
  const counts = new InvocationCount({
    clock,
    log,
    store: registry.invocations,
    answered: (fn) => invoker.routes.metricsOf(fn)?.ended ?? 0,
  })
  const control = makeControl(base, { invoker, provider, counts })
  const metrics = new Metrics({
    calls: () => invoker.routes.metrics(),
    replicas: () => registry.functions.all().map((fn) => replicaFigures(fn.spec.name, fn.replicas, provider)),
    budgets: {
      edge: () => gateway.figures,
      calls: () => invoker.figures,
      apiBodies: bodies,
      limits: {
        connections: base.capacity.connections,
        calls: base.capacity.calls,
        descriptors: descriptorLimit(),
      },
    },
  })
  const app = createApp({
    ...apiPorts(base, { control, provider }),
    invocations: (fn) => counts.total(fn),
    metricsPort: () => metricsServer.port,
    observe: (request) => metrics.observe(request),
  })
  const gateway = makeGateway(base, invoker, (request, env) => app.fetch(request, env))
  const metricsServer = new MetricsServer(
    { render: () => metrics.render(), hostNames: namesAt(config.metricsListen), clock, log },
    config.metricsListen,
  )
  return { invoker, provider, control, counts, gateway, metricsServer }
}

interface InvokerNeeds {
  readonly wantAwake: (fn: FunctionName) => void
  /** Made after the invoker: each needs the other. */
  readonly provider: () => Provider
}

function makeInvoker(base: Base, { wantAwake, provider }: InvokerNeeds): Invoker {
  const { config, capacity, clock, log, build, hostNames } = base
  const ownCredentials = new OwnCredentials(base.credentials, clock)
  return new Invoker({
    ports: {
      wantAwake,
      whenReady: (fn, signal) => provider().whenReady(fn, signal),
      suspect: (replica, why) => provider().suspect(replica, why),
      fate: (replica) => provider().fate(replica),
      obstacle: (fn) => provider().condition(fn)?.reason ?? '',
    },
    limits: {
      upstreamMs: config.upstreamTimeoutMs,
      writeMs: config.writeTimeoutMs,
      wakeMs: config.wakeTimeoutMs,
      maxHeaderBytes: config.maxHeaderBytes,
    },
    capacity,
    edge: {
      keepOddNames: config.keepOddHeaders,
      mayForward: (authorization, peer) => ownCredentials.mayForward(authorization, peer),
      answersTo: (host) => hostNames.includes(host),
    },
    version: build.release,
    clock,
    log,
  })
}

function providerOptions({ config, clock, log, registry }: Base, { ledger }: Invoker): DockerProviderOptions {
  return {
    dockerHost: config.dockerHost,
    instance: config.instance,
    registry: registry.owners,
    takeOver: config.takeOver,
    dataDir: config.dataDir,
    watchdogDir: config.watchdogDir,
    runtimeDir: config.runtimeDir,
    dockerConfigDir: config.dockerConfigDir,
    ledger,
    secrets: { value: (namespace, name) => registry.secrets.value(namespace, name) },
    guard: guardSettings(config),
    mtu: config.networkMtu,
    clock,
    log,
  }
}

/** What functions may do on this host. */
function guardSettings(config: Config): DockerProviderOptions['guard'] {
  return {
    confinement: {
      memoryBytes: config.functionMemoryBytes,
      diskBytes: config.functionDiskBytes,
      seccomp: config.seccompProfile,
      runtimes: config.runtimes,
      labelPrefixes: config.containerLabels,
    },
    firewall: {
      mode: config.firewall,
      functionPort: config.functionPort,
      hostPorts: config.hostPorts,
      privateNetworks: config.privateNetworks,
    },
  }
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
  const { config, registry, build, credentials, hostNames, bodies, clock, log } = base
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
      usersOf: ({ namespace, name }) => functions.usersOfSecret(namespace, name),
      onChanged: (secret) => provider.refreshSecret(secret),
      nowMs,
    }),
    provider,
    build,
    credentials,
    hostNames,
    functionLabel: config.faasFunctionLabel,
    bodies,
    clock,
    log,
  }
}

function makeGateway(base: Base, invoker: Invoker, api: Api): GatewayServer {
  const { config, capacity, build, clock, log } = base
  return new GatewayServer(
    { calls: new InvokeRoutes({ calls: invoker, version: build.release, clock, log }), api, clock, log },
    {
      listen: config.listen,
      functionPort: config.functionPort,
      readTimeoutMs: config.readTimeoutMs,
      halfClosedMs: config.halfClosedMs,
      moreAcceptors: 3,
      limits: {
        headBytes: config.maxHeaderBytes,
        allHeadsBytes: config.headerBudgetBytes,
        allBodiesBytes: config.bodyBudgetBytes,
        connections: { most: capacity.connections, mostPerClient: capacity.connectionsPerClient },
      },
    },
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
  const ready = provider.replicas(fn).filter(isAvailable).length
  return { fn, desired, ready }
}
