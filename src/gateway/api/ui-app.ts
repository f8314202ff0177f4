import type { Hono } from 'hono'
import type { HostNames } from '../../core/host-names.ts'
import type { BasicAuth } from '../login/auth.ts'
import type { SessionTable } from '../login/session-table.ts'
import type { ApiContext, ApiEnv } from '../shared/api-context.ts'
import { errorResponse, textResponse } from '../shared/error-response.ts'
import { appOf, routeTable, type AppPorts } from './app.ts'
import { empty } from './responses.ts'
import { SessionDoor } from './ui/session-door.ts'
import { sessionRoutes } from './ui/session-routes.ts'
import { COMMON_HEADERS, DATA_POLICY, NOTICE_POLICY } from './ui/site-headers.ts'
import type { Site } from './ui/site.ts'

export interface UiAppPorts {
  readonly api: AppPorts
  readonly auth: BasicAuth
  readonly uiHostNames: HostNames
  readonly sessions: SessionTable
  readonly site: Site
}

/** Says that nothing but the web page is at this address; the page looks for it (docs/security.md). */
export const UI_ONLY_HEADER = 'Sampan-Ui-Only'

const NOTICE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sampan</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:40rem;padding:0 1rem}</style>
<h1>Sampan</h1>
<p>The daemon runs, and its web page was not built: <code>npm run build</code> makes it, and the next start of the daemon finds it.
Until then <code>sampan</code> and <code>faas-cli</code> do what it would do.</html>
`

/**
 * The listener of the web page: its files, sessions, and `/system` for who is signed in. No function, ever: a function
 * may answer any page, and would share the origin of this one (docs/decisions/0054-the-page-has-its-own-listener.md).
 */
export function createUiApp({ api, auth, sessions, site, uiHostNames }: UiAppPorts): Hono<ApiEnv> {
  const door = new SessionDoor({ sessions, hostNames: uiHostNames, url: api.ui?.url ?? null })
  const system = routeTable(api).filter(({ path }) => path.startsWith('/system/'))
  const app = appOf([...sessionRoutes({ auth, sessions }), ...system], api, door)
  const page = (c: ApiContext): Response => {
    try {
      door.checkHost(c.req.header('host') ?? '')
    } catch (error) {
      return errorResponse(error, api.log)
    }
    return fileFor(c, site)
  }
  app.on(['GET', 'HEAD'], '/', () => empty(307, { Location: '/ui/' }))
  app.on(['GET', 'HEAD'], '/ui/*', page)
  app.notFound(() => notHere())
  return app
}

/** What is at no path of this listener; the calls of functions, too. */
export function notHere(): Response {
  const answer = textResponse(404, '404 page not found')
  answer.headers.set(UI_ONLY_HEADER, '1')
  return answer
}

function fileFor(c: ApiContext, site: Site): Response {
  const wanted = {
    acceptEncoding: c.req.header('accept-encoding') ?? '',
    ifNoneMatch: c.req.header('if-none-match') ?? '',
  }
  const found = site.answer(c.req.path.slice('/ui/'.length), wanted)
  if (found !== null) return found
  if (site.version !== '') return notHere()
  const headers = { 'Content-Type': 'text/html; charset=utf-8', 'Content-Security-Policy': NOTICE_POLICY }
  return new Response(NOTICE, { status: 404, headers })
}

/** Adds what every answer of this listener has. */
export function withCommonHeaders(response: Response, site: Site): Response {
  const { headers } = response
  for (const [name, value] of Object.entries(COMMON_HEADERS)) headers.set(name, value)
  if (!headers.has('Content-Security-Policy')) headers.set('Content-Security-Policy', DATA_POLICY)
  if (!headers.has('Cache-Control')) headers.set('Cache-Control', 'no-store')
  if (site.version !== '') headers.set('Sampan-Ui', site.version)
  return response
}
