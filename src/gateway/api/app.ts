import { Hono } from 'hono'
import type { Clock } from '../../clock.ts'
import type { HostNames } from '../../core/host-names.ts'
import type { Provider } from '../../core/provider/provider.ts'
import type { SystemRequest } from '../../core/figures.ts'
import type { Log } from '../../log.ts'
import { alertRoutes, type AlertScaling } from './functions/alert-routes.ts'
import { areaOf, audit } from './audit.ts'
import { BasicAuth, type Credentials } from '../login/auth.ts'
import { backupRoutes, type BackupRoutePorts } from './backup-routes.ts'
import { BasicDoor, type Door } from './door.ts'
import { buildRoutes, type BuildRoutePorts } from './builds/build-routes.ts'
import type { BodyBudget } from '../shared/body-budget.ts'
import { QUEUED_CALL_PREFIX } from '../shared/call-routes.ts'
import { errorResponse, textResponse } from '../shared/error-response.ts'
import { eventRoutes, type EventRoutePorts } from './functions/event-routes.ts'
import { functionRoutes, type FunctionControl, type FunctionRoutePorts } from './functions/function-routes.ts'
import { infoRoutes, type InfoRoutePorts } from './info-routes.ts'
import { logRoutes, type LogRoutePorts } from './logs/log-routes.ts'
import { namespaceRoutes, type NamespaceControl } from './namespace-routes.ts'
import { openApiRoute, type OpenApiPorts } from './description/openapi.ts'
import type { ApiContext, ApiEnv } from '../shared/api-context.ts'
import { empty } from './responses.ts'
import type { Route } from './route.ts'
import { doctorRoutes, type DoctorRoutePorts } from './doctor-routes.ts'
import { queueRoutes, type QueueRoutePorts } from './queue/queue-routes.ts'
import { revisionRoutes, type RevisionControl } from './functions/revision-routes.ts'
import { secretRoutes, type SecretControl } from './secret-routes.ts'
import { syncRoutes, type SyncControl } from './functions/sync-routes.ts'
import { storeRoutes } from './store-routes.ts'
import { uiRoutes, type UiPlace } from './ui-routes.ts'
import { sessionDescriptions } from './ui/session-routes.ts'

export interface AppPorts
  extends
    FunctionRoutePorts,
    InfoRoutePorts,
    LogRoutePorts,
    QueueRoutePorts,
    EventRoutePorts,
    BuildRoutePorts,
    DoctorRoutePorts,
    BackupRoutePorts,
    OpenApiPorts {
  readonly functions: FunctionControl & RevisionControl
  readonly dev: SyncControl
  readonly namespaces: NamespaceControl
  readonly secrets: SecretControl
  readonly provider: Provider
  readonly scaling: AlertScaling
  readonly credentials: Credentials
  readonly hostNames: HostNames
  /** Where the web page is; null: there is none. */
  readonly ui: UiPlace | null
  /** Limits the memory for the bodies of all requests. */
  readonly bodies: BodyBudget
  /** For the metrics of the API. Gets only paths of registered routes. */
  readonly observe: (request: SystemRequest) => void
  readonly clock: Clock
  readonly log: Log
}

/** The routes, in the order of http-api section 5. */
export function routeTable(ports: AppPorts): readonly Route[] {
  const routes = [
    ...infoRoutes(ports),
    ...uiRoutes(ports.ui),
    ...storeRoutes(),
    ...functionRoutes(ports),
    ...revisionRoutes(ports.functions),
    ...syncRoutes(ports.dev),
    ...secretRoutes(ports.secrets),
    ...namespaceRoutes(ports.namespaces),
    ...logRoutes(ports),
    ...alertRoutes(ports),
    ...queueRoutes(ports),
    ...eventRoutes(ports),
    ...buildRoutes(ports),
    ...doctorRoutes(ports),
    ...backupRoutes(ports),
  ]
  const elsewhere = ports.ui === null ? [] : sessionDescriptions
  return [...routes, openApiRoute([...routes, ...elsewhere], ports)]
}

/** Everything but function calls. `door`: who is let in, and how. */
export function createApp(
  ports: AppPorts,
  door: Door = new BasicDoor(new BasicAuth(ports.credentials, ports.clock), ports.hostNames),
): Hono<ApiEnv> {
  const app = appOf(routeTable(ports), ports, door)
  // Of the calls for a queue only what cancels one gets here, and its path is no longer than a call id.
  if (ports.queue !== null) app.all(`${QUEUED_CALL_PREFIX}*`, methodNotAllowed)
  return app
}

/** What an app needs, whatever its routes. */
export type ServingPorts = Pick<AppPorts, 'bodies' | 'observe' | 'clock' | 'log'>

/**
 * Routing comes before authentication: an unknown path is 404, a known one with a wrong method 405, both
 * without a challenge (http-api 1.2).
 */
export function appOf(routes: readonly Route[], ports: ServingPorts, door: Door): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>()
  for (const route of routes) app.on(route.method, route.path, (c) => serve(c, route, { ports, door }))
  for (const path of new Set(routes.map((route) => route.path))) app.all(path, methodNotAllowed)
  app.notFound(() => textResponse(404, '404 page not found'))
  app.onError((error) => errorResponse(error, ports.log))
  return app
}

interface Serving {
  readonly ports: ServingPorts
  readonly door: Door
}

async function serve(c: ApiContext, route: Route, { ports, door }: Serving): Promise<Response> {
  // Hono runs GET routes for HEAD; OpenFaaS does not.
  if (c.req.method === 'HEAD' && route.head !== true) return methodNotAllowed()

  const startMs = ports.clock.now()
  const share = ports.bodies.share()
  c.set('body', share)
  const response = await answer(c, route, { ports, door }).finally(() => share.end())
  const ms = ports.clock.now() - startMs
  const path = areaOf(route)
  if (path.startsWith('/system/')) {
    ports.observe({ path, method: route.method, code: response.status, seconds: ms / 1_000 })
  }
  audit(ports.log, c, { route, status: response.status, ms })
  return response
}

async function answer(c: ApiContext, route: Route, { ports, door }: Serving): Promise<Response> {
  try {
    door.check(c, route)
    if (route.access === 'admin' && !door.isLeftTo(route, c)) {
      const user = await door.enter(c)
      if (user === null) return door.refused(c)
      c.set('user', user)
    }
    return await route.handle(c)
  } catch (error) {
    if (c.req.raw.signal.aborted) return textResponse(499, 'the client left')
    return errorResponse(error, ports.log)
  }
}

/** No body and no `Allow` header, as upstream. */
function methodNotAllowed(): Response {
  return empty(405)
}
