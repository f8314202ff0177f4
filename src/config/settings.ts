import * as v from 'valibot'
import { LOG_LEVELS } from '../log.ts'
import * as host from './host-kinds.ts'
import * as kinds from './kinds.ts'
import { setting, settingOr, settingOrNull } from './setting.ts'

const MIB = 2 ** 20

/**
 * Every setting: its variable, its default in the words of `docs/config.md` (a test holds the two together),
 * its kind and limits. A new one is a line here and a row there. The unit is in the name.
 */
export const settings = v.object({
  listen: setting('SAMPAN_LISTEN', '127.0.0.1:8080', kinds.address),
  metricsListen: setting('SAMPAN_METRICS_LISTEN', '127.0.0.1:8082', kinds.address),
  /** Where the web page is; null: the host of `listen` and `USUAL_UI_PORT`; off: nowhere. */
  uiListen: settingOrNull('SAMPAN_UI_LISTEN', kinds.addressOrOff),
  /** Origin at which browsers find the web page, when a proxy is before it. */
  uiUrl: settingOrNull('SAMPAN_UI_URL', host.pageOrigin),
  dataDir: setting('SAMPAN_DATA_DIR', '/var/lib/sampan', kinds.absolutePath),
  adminUser: setting('SAMPAN_ADMIN_USER', 'admin', host.userName),
  /** Null: read from, or generated into, the data folder. */
  adminPassword: settingOrNull('SAMPAN_ADMIN_PASSWORD', kinds.anyText),
  instance: setting('SAMPAN_INSTANCE', 'default', host.instanceName),
  /** Null: the engine's usual socket. */
  dockerHost: settingOrNull('SAMPAN_DOCKER_HOST', host.engineAddress),
  logLevel: setting('SAMPAN_LOG_LEVEL', 'info', kinds.oneOf(...LOG_LEVELS)),
  /** Longest time a client may leave a request unfinished without sending a byte. 0 means no limit. */
  readTimeoutMs: setting('SAMPAN_READ_TIMEOUT', '60s', kinds.duration),
  /** Longest time from the end of the request headers to the end of the answer. 0 means no limit. */
  writeTimeoutMs: setting('SAMPAN_WRITE_TIMEOUT', '60s', kinds.duration),
  /** Longest time a function may take to begin its answer. 0 means no limit. */
  upstreamTimeoutMs: setting('SAMPAN_UPSTREAM_TIMEOUT', '60s', kinds.duration),
  /** Longest time a call waits for a replica to be ready. */
  wakeTimeoutMs: setting('SAMPAN_WAKE_TIMEOUT', '30s', kinds.duration),
  /** Where the watchdog binaries are; null: beside the program. */
  watchdogDir: settingOrNull('SAMPAN_WATCHDOG_DIR', kinds.absolutePath),
  /** Logs of replicas that are gone, of all functions together. */
  logBytes: setting('SAMPAN_LOG_ARCHIVE', '256Mi', kinds.size(MIB, 2 ** 40)),
  /** Folder on a tmpfs for the secrets of running functions; null: below /run or /dev/shm. */
  runtimeDir: settingOrNull('SAMPAN_RUNTIME_DIR', kinds.absolutePath),
  /** Adds the label `faas_function`, which the certifier wants and `faas-cli diff` takes for a difference. */
  faasFunctionLabel: setting('SAMPAN_FAAS_FUNCTION_LABEL', 'false', kinds.flag),
  /** Folder of Docker's client settings, for registry credentials; null: `.docker` in the home folder. */
  dockerConfigDir: settingOrNull('SAMPAN_DOCKER_CONFIG', kinds.absolutePath),
  /** How long an answer may not move when the client has closed its sending side. 0 means no limit. */
  halfClosedMs: setting('SAMPAN_HALF_CLOSED_TIMEOUT', '5s', kinds.duration),
  /** Longest head of a request, or of a function's answer. */
  maxHeaderBytes: setting('SAMPAN_MAX_HEADER_BYTES', '64Ki', kinds.size(1_024, MIB)),
  /** Unfinished request heads of all clients together. */
  headerBudgetBytes: setting('SAMPAN_HEADER_BUDGET', '8Mi', kinds.size(64 * 1_024, 2 ** 32)),
  /** Parts of request bodies that wait for their functions, of all clients together. */
  bodyBudgetBytes: setting('SAMPAN_BODY_BUDGET', '32Mi', kinds.size(MIB, 2 ** 36)),
  /** Clients' connections, all together. */
  maxConnections: setting('SAMPAN_MAX_CONNECTIONS', '10000', kinds.count),
  /** Connections of one client network; null: three quarters of all. */
  maxConnectionsPerClient: settingOrNull('SAMPAN_MAX_CONNECTIONS_PER_CLIENT', kinds.count),
  /** Calls under way, all together. */
  maxCalls: setting('SAMPAN_MAX_CALLS', '1500', kinds.count),
  /** Calls under way of one function. */
  maxCallsPerFunction: setting('SAMPAN_MAX_CALLS_PER_FUNCTION', '1000', kinds.count),
  /** Calls of one function that wait for a replica, or for one with room. */
  maxWaitingCalls: setting('SAMPAN_MAX_WAITING_CALLS', '100', kinds.count),
  /** Port at which functions find the gateway under the name `gateway`. 0 switches those listeners off. */
  functionPort: setting('SAMPAN_FUNCTION_PORT', '8080', kinds.port),
  /** Further names in `Host` that the gateway answers to; `*.` before a name: all below it, `*`: any. */
  allowedHosts: settingOr('SAMPAN_ALLOWED_HOSTS', [], kinds.list(host.hostPattern)),
  /** Passes header names on that have other characters than letters, digits and hyphens. */
  keepOddHeaders: setting('SAMPAN_KEEP_ODD_HEADERS', 'false', kinds.flag),
  /** What the bodies of all API requests hold in memory together. Less has no room for a large secret. */
  apiBodyBytes: setting('SAMPAN_API_BODY_MEMORY', '32Mi', kinds.size(8 * MIB, 2 ** 36)),
  /** Memory limit of a function that names none. 0 means none. */
  functionMemoryBytes: setting('SAMPAN_FUNCTION_MEMORY', '512Mi', host.functionSize),
  /** Most that a container may write to its own file system, where that can be bound. 0 means no bound. */
  functionDiskBytes: setting('SAMPAN_FUNCTION_DISK', '10Gi', host.functionSize),
  /** Which seccomp profile functions run under. */
  seccompProfile: settingOr('SAMPAN_SECCOMP_PROFILE', { use: 'ours' }, host.seccompProfile),
  /** Container runtimes that a deployment may choose by annotation. */
  runtimes: settingOr('SAMPAN_RUNTIMES', [], kinds.list(host.runtimeName)),
  /** Beginnings of labels that containers carry as well as their function. */
  containerLabels: settingOr('SAMPAN_CONTAINER_LABELS', [], kinds.list(host.labelPrefix)),
  /** `auto`: rules that keep functions from the host's services, where the daemon may set them. */
  firewall: setting('SAMPAN_FIREWALL', 'auto', kinds.oneOf('auto', 'off')),
  /** `auto`: by the files of cgroups where the daemon may write them; `docker`: by the engine's pause. */
  freezer: setting('SAMPAN_FREEZER', 'auto', kinds.oneOf('auto', 'docker')),
  /** Ports of the host that functions may use all the same. */
  hostPorts: settingOr('SAMPAN_HOST_PORTS', [], kinds.list(host.hostPort)),
  /** Whether functions reach private addresses beyond the host. */
  privateNetworks: setting('SAMPAN_PRIVATE_NETWORKS', 'open', kinds.oneOf('open', 'closed')),
  /** Longest packet on the networks of functions; null: as on the engine's default network. */
  networkMtu: settingOrNull('SAMPAN_NETWORK_MTU', host.packetSize),
  /** Asynchronous calls; `off`: there are none, and no NATS is needed. */
  async: setting('SAMPAN_ASYNC', 'on', kinds.oneOf('on', 'off')),
  /** Of a NATS server that somebody else runs; null: the daemon runs its own. May have user and password. */
  natsUrl: settingOrNull('SAMPAN_NATS_URL', host.natsUrl),
  /** A credentials file, for that server. */
  natsCredentials: settingOrNull('SAMPAN_NATS_CREDENTIALS', kinds.absolutePath),
  /** A file with the certificates that vouch for that server. */
  natsCa: settingOrNull('SAMPAN_NATS_CA', kinds.absolutePath),
  /** The program of our own server; null: the one beside the daemon, else the first in PATH. */
  natsServer: settingOrNull('SAMPAN_NATS_SERVER', kinds.absolutePath),
  /** When our own server has its disk written: `always` before it answers, or after at most that long. */
  natsSync: setting('SAMPAN_NATS_SYNC', 'always', host.syncInterval),
  /** Asynchronous calls made at a time. */
  asyncConcurrency: setting('SAMPAN_ASYNC_CONCURRENCY', '50', kinds.count),
  /** The same of single queues, as `NAME=COUNT`. */
  asyncQueues: settingOr('SAMPAN_ASYNC_QUEUES', [], kinds.list(host.queueLimit)),
  /** Largest body of an asynchronous call. */
  asyncBodyBytes: setting('SAMPAN_ASYNC_MAX_BODY', '16Mi', kinds.size(1_024, 2 ** 32)),
  /** Largest answer that is kept or sent back. */
  asyncAnswerBytes: setting('SAMPAN_ASYNC_MAX_ANSWER', '16Mi', kinds.size(1_024, 2 ** 32)),
  /** Bodies and answers that are too large for memory, all together. */
  asyncSpoolBytes: setting('SAMPAN_ASYNC_SPOOL', '512Mi', kinds.size(MIB, 2 ** 40)),
  /** Calls that wait, in our own server: bytes of all. */
  asyncStoreBytes: setting('SAMPAN_ASYNC_STORE', '256Mi', kinds.size(8 * MIB, 2 ** 40)),
  /** How long a call may wait that says nothing else. */
  asyncTtlMs: setting('SAMPAN_ASYNC_TTL', '24h', kinds.duration),
  /** Executions of a call that fails, where its function says nothing else. */
  asyncAttempts: setting('SAMPAN_ASYNC_ATTEMPTS', '10', kinds.whole('a number', 1, 999_999)),
  /** Shortest and longest wait before the next one. */
  asyncMinWaitMs: setting('SAMPAN_ASYNC_MIN_WAIT', '10s', kinds.duration),
  asyncMaxWaitMs: setting('SAMPAN_ASYNC_MAX_WAIT', '120s', kinds.duration),
  /** How long ended calls are remembered. */
  asyncKeepMs: setting('SAMPAN_ASYNC_KEEP', '24h', kinds.duration),
  /** Hosts that callbacks may go to whatever else is said, and those that they may not. */
  callbackAllow: settingOr('SAMPAN_CALLBACK_ALLOW', [], kinds.list(host.callbackHost)),
  callbackDeny: settingOr('SAMPAN_CALLBACK_DENY', [], kinds.list(host.callbackHost)),
  /** Signs the bodies of callbacks; null: they are not signed. */
  callbackSecret: settingOrNull('SAMPAN_CALLBACK_SECRET', kinds.anyText),
  /** Who scales functions by load: the daemon itself, an AlertManager at `/system/alert`, or nobody. */
  autoscaler: setting('SAMPAN_AUTOSCALER', 'builtin', kinds.oneOf('builtin', 'alert', 'off')),
  /** Load per replica of a function that names none; null: what is usual for its kind. */
  scaleTarget: settingOrNull('SAMPAN_SCALE_TARGET', kinds.count),
  /** How long a count is kept after it was last needed, of a function that does not say; null: as usual. */
  scaleDownWindowMs: settingOrNull('SAMPAN_SCALE_DOWN_WINDOW', kinds.durationUpTo(5 * 60_000, '5m')),
  /** How long frozen replicas of a function that is scaled to zero are kept. */
  removeAfterMs: setting('SAMPAN_REMOVE_AFTER', '1h', kinds.duration),
  /** Memory for all replicas together, by their limits; null: 80 % of the machine's, less 256 MiB. */
  replicaMemoryBytes: settingOrNull('SAMPAN_REPLICA_MEMORY', kinds.size(64 * MIB, 2 ** 46)),
  /** Whether images are built from what clients send. */
  builds: setting('SAMPAN_BUILDS', 'on', kinds.oneOf('on', 'off')),
  /** Signs builds of clients without credentials (`faas-cli --remote-builder`); null: none is taken. */
  buildSecret: settingOrNull('SAMPAN_BUILD_SECRET', host.payloadSecret),
  /** What the steps of a Dockerfile reach. */
  buildNetwork: setting('SAMPAN_BUILD_NETWORK', 'bridge', kinds.oneOf('bridge', 'none')),
  /** Largest build context, as it arrives and unpacked. */
  buildContextBytes: setting('SAMPAN_BUILD_CONTEXT', '256Mi', kinds.size(MIB, 2 ** 40)),
  /** Builds under way, uploads included. */
  buildConcurrency: setting('SAMPAN_BUILD_CONCURRENCY', '2', kinds.count),
  /** Longest time from the first byte of a build to its image. */
  buildTimeoutMs: setting('SAMPAN_BUILD_TIMEOUT', '15m', kinds.durationUpTo(24 * 3_600_000, '24h')),
  /** When built images that nothing uses take more than the first, the oldest go until the second is left. */
  buildImagesHighBytes: setting('SAMPAN_BUILD_IMAGES_HIGH', '4Gi', kinds.size(0, 2 ** 46)),
  buildImagesLowBytes: setting('SAMPAN_BUILD_IMAGES_LOW', '2Gi', kinds.size(0, 2 ** 46)),
  /** Ids of registries whose containers and networks this one takes over; `unmarked`: those without an id. */
  takeOver: settingOr('SAMPAN_TAKE_OVER', [], kinds.list(host.registryId)),
})
