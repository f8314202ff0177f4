import { API_CHALLENGE } from '../../core/api-realm.ts'
import { FaasError } from '../../core/errors.ts'
import { misdirected, type HostNames } from '../../core/host-names.ts'
import { textResponse } from '../shared/error-response.ts'
import type { ApiContext } from '../shared/api-context.ts'
import type { RouteDescription } from '../shared/route-description.ts'

// Functions answer at the same origin as the API, and a function may serve any page. So no browser may store
// or use the credentials of the API here: any page of a function could use them too.
// docs/decisions/0016-browsers-on-the-function-port.md has the reasons.

/** Programs that call themselves a browser but are not. No page can make a browser send this. */
const NO_BROWSER = /PowerShell\//

/**
 * Whether a browser may have sent this. A page cannot hide it: it can set neither `User-Agent` (in Chromium)
 * nor `Sec-` headers, and requests across origins, or that change something, carry `Origin`.
 */
function looksLikeBrowser(c: ApiContext): boolean {
  return (
    isNamedBrowser(c) ||
    ['origin', 'sec-fetch-site', 'referer'].some((name) => c.req.header(name) !== undefined)
  )
}

/**
 * Whether a page, or a link on it, made a browser send this. A typed address (`Sec-Fetch-Site: none`) does
 * not come from a page. A client that calls itself a browser is refused in any case: over plain HTTP on a
 * network browsers send no `Sec-` headers, and a page can suppress `Referer`.
 */
function comesFromPage(c: ApiContext): boolean {
  const site = c.req.header('sec-fetch-site') ?? 'none'
  const referer = c.req.header('referer') ?? ''
  return (
    isNamedBrowser(c) ||
    c.req.header('origin') !== undefined ||
    site !== 'none' ||
    referer.includes('/function/')
  )
}

function isNamedBrowser(c: ApiContext): boolean {
  const agent = c.req.header('user-agent') ?? ''
  return agent.startsWith('Mozilla/') && !NO_BROWSER.test(agent)
}

/**
 * Checks where a request comes from, before its credentials and its body. Throws `misdirected` when it is for
 * another host, and `forbidden` when a browser brings credentials, right or wrong.
 */
export function checkOrigin(c: ApiContext, route: RouteDescription, hostNames: HostNames): void {
  const host = c.req.header('host')
  if (host !== undefined && !hostNames.includes(host)) throw new FaasError('misdirected', misdirected(host))
  if (route.access !== 'admin' || c.req.header('authorization') === undefined || !comesFromPage(c)) return
  c.set('refused', 'browser')
  throw new FaasError(
    'forbidden',
    'the API takes no credentials from a browser, because any page could use them: use faas-cli or another program, ' +
      "without the headers Origin, Referer and Sec-Fetch-Site and without a browser's User-Agent",
  )
}

/**
 * The answer to missing or wrong credentials. A browser gets no challenge, because it would ask for the
 * password and keep it for this origin.
 */
export function unauthorized(c: ApiContext): Response {
  const response = textResponse(401, 'invalid credentials')
  if (!looksLikeBrowser(c)) response.headers.set('WWW-Authenticate', API_CHALLENGE)
  return response
}
