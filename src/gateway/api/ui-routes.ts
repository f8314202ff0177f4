import { isLoopback } from '../../core/host-names.ts'
import type { ApiContext } from '../shared/api-context.ts'
import { textResponse } from '../shared/error-response.ts'
import { addressOf } from './client.ts'
import { empty } from './responses.ts'
import type { Route } from './route.ts'

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy':
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; form-action 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
} as const

const STYLE =
  ':root{color-scheme:light dark}body{font:16px/1.5 sans-serif;margin:2rem auto;max-width:40rem;padding:0 1rem}'

/**
 * The page says nothing about this installation, asks for nothing and has no links: functions have the same
 * origin and could imitate it.
 */
const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sampan</title>
<style>${STYLE}</style>
<h1>Sampan</h1>
<p>This is the address of functions and of the API for programs.
Nothing here asks for a password: a page that does is not ours.
<p>See what is deployed with <code>faas-cli list</code>.</html>
`

/** The listener of the web page, as this one points to it. */
export interface UiPlace {
  /** Null: it does not listen. */
  readonly port: () => number | null
  /** Only this machine reaches it. */
  readonly isLocal: boolean
  /** Where browsers find it, when that is not the same host and its port; without a slash at the end. */
  readonly url: string | null
}

/** `/ui/`: the web page has an origin of its own, because this one is shared with functions. */
export function uiRoutes(place: UiPlace | null): readonly Route[] {
  const shown = (c: ApiContext, otherwise: () => Response): Response =>
    place === null || place.port() === null ? otherwise() : lead(c, place)
  return [
    {
      method: 'GET',
      path: '/ui/',
      access: 'public',
      summary: 'Leads to the web page; a page that says what this address is where there is none',
      answers: { 200: 'HTML', 307: 'To the listener of the web page' },
      handle: (c) => shown(c, () => new Response(PAGE, { headers: HEADERS })),
    },
    {
      method: 'GET',
      path: '/ui/:file{.+}',
      access: 'public',
      summary: 'Leads to the same of the web page',
      answers: { 200: 'HTML', 307: 'To the listener of the web page', 404: 'There is no web page' },
      handle: (c) => shown(c, () => textResponse(404, '404 page not found')),
    },
  ]
}

/** The host of a `Host` header, without its port. */
const HOST = /^([\w.-]+|\[[0-9a-fA-F:.]+\])(?::\d+)?$/

function lead(c: ApiContext, { port, isLocal, url }: UiPlace): Response {
  const { pathname, search } = new URL(c.req.url)
  const host = HOST.exec(c.req.header('host') ?? '')?.[1]
  if (url !== null) return empty(307, { Location: `${url}${pathname}${search}` })
  const isHere = isLoopback(addressOf(c)) || addressOf(c) === ''
  if (host === undefined || (isLocal && !isHere))
    return new Response(tunnelPage(port()), { headers: HEADERS })
  return empty(307, { Location: `http://${host}:${port()}${pathname}${search}` })
}

/** Says nothing that a function could not say as well: no link, no host name of the client's making. */
function tunnelPage(port: number | null): string {
  return PAGE.replace(
    /<p>See[^]*$/,
    `<p>The web page is at <code>127.0.0.1:${port}</code> of this machine alone. From elsewhere:
<code>ssh -L ${port}:127.0.0.1:${port} HOST</code></html>\n`,
  )
}
