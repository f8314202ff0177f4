import { callsPerReplica } from '../core/calls/call-policy.ts'
import type { Config } from '../config.ts'
import { parseFunctionName } from '../core/functions/function-name.ts'
import { NAMES_IN_FUNCTIONS } from '../core/host-names.ts'
import type { Provider } from '../core/provider/provider.ts'
import { OwnCredentials } from '../gateway/login/own-credentials.ts'
import type { Invoker } from '../invoke/invoker.ts'
import { QueueService, type QueueServiceOptions } from '../queue/queue-service.ts'
import type { Base } from './base.ts'

export interface QueueNeeds {
  readonly invoker: Invoker
  readonly provider: Provider
}

const KIB = 1024
const MIB = 1024 * KIB
const DAY_MS = 24 * 3_600_000

/** Null: they are switched off. */
export function makeQueue(base: Base, needs: QueueNeeds): QueueService | null {
  const { config, clock, log, build, calls } = base
  if (calls === null) return null
  return new QueueService({
    ports: queuePorts(base, needs),
    book: calls,
    dataDir: config.dataDir,
    limits: limitsOf(config),
    server: serverOf(config),
    store: {
      callBytes: config.asyncStoreBytes,
      mostCalls: 1_000_000,
      deadBytes: 64 * MIB,
      deadAgeMs: 14 * DAY_MS,
    },
    callbacks: callbacksOf(config),
    release: build.release,
    clock,
    log,
  })
}

function queuePorts(
  { registry, credentials, clock }: Base,
  { invoker, provider }: QueueNeeds,
): QueueServiceOptions['ports'] {
  const ownCredentials = new OwnCredentials(credentials, clock)
  const { functions } = registry
  return {
    target: (text) => {
      const name = parseFunctionName(text)
      const fn = name === null ? undefined : functions.get(name)
      return fn && { name: fn.spec.name, annotations: fn.spec.annotations }
    },
    mayForward: (authorization, peer) => ownCredentials.mayForward(authorization, peer),
    invoke: (call, sink) => invoker.invoke(call, sink),
    readyReplicas: (fn) => provider.replicas(fn).filter(({ state }) => state === 'ready').length,
    perReplica: (fn) => {
      const spec = functions.get(fn)?.spec
      return (spec && callsPerReplica(spec)?.most) ?? null
    },
  }
}

function limitsOf(config: Config): QueueServiceOptions['limits'] {
  return {
    most: config.asyncConcurrency,
    perQueue: new Map(config.asyncQueues.map(({ queue, most }) => [queue, most])),
    retry: {
      attempts: config.asyncAttempts,
      minWaitMs: config.asyncMinWaitMs,
      maxWaitMs: config.asyncMaxWaitMs,
    },
    inlineBytes: 256 * KIB,
    mostBodyBytes: config.asyncBodyBytes,
    mostAnswerBytes: config.asyncAnswerBytes,
    spoolBytes: config.asyncSpoolBytes,
    ttlMs: config.asyncTtlMs,
    mostWaiting: 100_000,
    keepMs: config.asyncKeepMs,
    keepMost: 10_000,
    outbox: { jobs: 1_000, bytes: 16 * MIB },
    ackWaitMs: 60_000,
  }
}

function serverOf(config: Config): QueueServiceOptions['server'] {
  const { natsUrl, natsCredentials, natsCa, natsServer } = config
  if (natsUrl !== null)
    return {
      kind: 'foreign',
      url: natsUrl,
      ...(natsCredentials !== null && { credentialsFile: natsCredentials }),
      ...(natsCa !== null && { caFile: natsCa }),
    }
  return {
    kind: 'own',
    searchPath: config.searchPath,
    syncInterval: config.natsSync,
    ...(natsServer !== null && { serverPath: natsServer }),
  }
}

function callbacksOf(config: Config): QueueServiceOptions['callbacks'] {
  const { listen, callbackAllow, callbackDeny, privateNetworks, callbackSecret } = config
  const names = ['localhost', '127.0.0.1', '::1'].concat(NAMES_IN_FUNCTIONS)
  const isAnywhere = listen.host === '0.0.0.0' || listen.host === '::'
  return {
    allow: callbackAllow,
    deny: callbackDeny,
    privateNetworks,
    secret: callbackSecret,
    ownNames: new Set(isAnywhere ? names : names.concat(listen.host)),
  }
}
