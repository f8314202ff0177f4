import type { BuildInfo } from '../../core/build-info.ts'
import type { Provider } from '../../core/provider/provider.ts'
import type { QueueStatus } from '../../core/calls/queue-report.ts'
import { gatewayInfoAnswer, type GatewayInfo } from '../../wire/answer-schemas.ts'
import { textResponse } from '../shared/error-response.ts'
import { queryValue, saysYes } from './request-values.ts'
import { empty, json } from './responses.ts'
import type { ApiContext } from '../shared/api-context.ts'
import type { Route } from './route.ts'

export interface InfoRoutePorts {
  readonly provider: Provider
  readonly build: BuildInfo
  /** Null: asynchronous calls are switched off. */
  readonly queueStatus: () => QueueStatus | null
}

/** Our own name; calling ourselves `faasd` would switch features of some clients off. */
export const PROVIDER_NAME = 'sampan'

/** Architectures as Go and OCI spell them. */
const GO_ARCH: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' }

/** Version and health of the daemon (http-api 6.7, 6.11, 6.12, 14). */
export function infoRoutes(ports: InfoRoutePorts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/',
      access: 'public',
      summary: 'Leads to the user interface',
      answers: { 307: 'To /ui/' },
      handle: () => empty(307, { Location: '/ui/' }),
    },
    {
      method: 'GET',
      path: '/healthz',
      access: 'public',
      head: true,
      summary: 'Whether the daemon is up and its provider answers; verbose has the queue, too, in words',
      query: ['verbose'],
      answers: { 200: 'Both', 503: 'The provider cannot be reached; the text says why' },
      handle: (c) => health(c, ports),
    },
    {
      method: 'GET',
      path: '/system/info',
      access: 'admin',
      summary: 'Names and versions',
      answers: { 200: 'GatewayInfo' },
      result: gatewayInfoAnswer,
      handle: () => json(gatewayInfo(ports)),
    },
    {
      method: 'GET',
      path: '/system/telemetry',
      access: 'admin',
      summary: 'Nothing: no telemetry is collected',
      answers: { 404: 'Always' },
      handle: () => textResponse(404, 'no telemetry is collected'),
    },
  ]
}

/** The queue has no part in the status: without it everything but asynchronous calls goes on. */
function health(c: ApiContext, { provider, queueStatus }: InfoRoutePorts): Response {
  const { reachable, reason } = provider.status()
  if (!saysYes(queryValue(c, 'verbose')))
    return reachable ? empty(200) : textResponse(503, `provider: ${reason}`)
  const lines = [`provider: ${reachable ? 'ok' : reason}`, ...queueLines(queueStatus())]
  return textResponse(reachable ? 200 : 503, lines.join('\n'))
}

function queueLines(status: QueueStatus | null): readonly string[] {
  if (status === null) return ['queue: off']
  const { isUp, reason, warnings } = status
  return [`queue: ${isUp ? 'ok' : reason}`, ...warnings.map((warning) => `queue, a warning: ${warning}`)]
}

function queueInfo({
  isUp,
  reason,
  warnings,
  version,
  isOwn,
}: QueueStatus): NonNullable<GatewayInfo['queue']> {
  return { isUp, reason, warnings, nats: { version, isOwn } }
}

function gatewayInfo({ provider, build, queueStatus }: InfoRoutePorts): GatewayInfo {
  const queue = queueStatus()
  const version = { release: build.release || 'unknown', sha: build.sha || 'unknown' }
  return {
    provider: { provider: PROVIDER_NAME, version, orchestration: provider.capabilities.orchestration },
    version,
    arch: GO_ARCH[process.arch] ?? process.arch,
    ...(queue !== null && { queue: queueInfo(queue) }),
    ...(provider.capabilities.freezing !== null && { freezer: provider.capabilities.freezing }),
  }
}
