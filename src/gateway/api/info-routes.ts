import type { BuildInfo } from '../../core/build-info.ts'
import type { Provider } from '../../core/provider.ts'
import { gatewayInfoAnswer, type GatewayInfo } from '../../wire/answer-schemas.ts'
import { textResponse } from '../shared/error-response.ts'
import { empty, json } from './responses.ts'
import type { Route } from './route.ts'

export interface InfoRoutePorts {
  readonly provider: Provider
  readonly build: BuildInfo
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
      summary: 'Whether the daemon is up and its provider answers',
      answers: { 200: 'Both', 503: 'The provider cannot be reached; the text says why' },
      handle: () => health(ports.provider),
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

function health(provider: Provider): Response {
  const { reachable, reason } = provider.status()
  return reachable ? empty(200) : textResponse(503, `provider: ${reason}`)
}

function gatewayInfo({ provider, build }: InfoRoutePorts): GatewayInfo {
  const version = { release: build.release || 'unknown', sha: build.sha || 'unknown' }
  return {
    provider: { provider: PROVIDER_NAME, version, orchestration: provider.capabilities.orchestration },
    version,
    arch: GO_ARCH[process.arch] ?? process.arch,
  }
}
