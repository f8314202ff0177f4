import type { RouteDescription } from './route-description.ts'

// What the plane of calls answers, as data: `request-target.ts` and `call-target.ts` split requests by these
// prefixes, `invoke-routes.ts` lets these methods through, and `openapi.ts` publishes the routes that follow
// from both.

/** Calls of functions (http-api 7). */
export const CALL_PREFIX = '/function/'

/** Calls for a queue (http-api 9). */
export const QUEUED_CALL_PREFIX = '/async-function/'

/** What the provider of OpenFaaS lets through (http-api 7.1); the function decides about each of them. */
export const CALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const

/** What may follow a prefix. Nothing is decoded or cleaned: the path is the function's, slashes and all. */
const FORMS = [':name{[^/]+}', ':name{[^/]+}/', ':name{[^/]+}/:path{.+}'] as const

/**
 * Answers of ours to a call. Failures have the header `X-OpenFaaS-Internal: proxy` then; without it, any
 * status is the function's own.
 */
const CALL_ANSWERS = {
  101: 'The function agreed to a WebSocket',
  403: 'The script of a service worker that would govern more than its function',
  404: 'No such function',
  429: 'The function has as many calls under way as one may have',
  502: 'The function could not be reached, or broke off before it answered',
  503: 'No replica was ready in time, the gateway has as many calls as it takes, or it stops',
  504: 'The function took too long',
  508: 'Functions call each other in a circle',
  default: 'Whatever the function answers',
} as const

/** Where asynchronous calls are switched off, each is a 404. */
const QUEUED_CALL_ANSWERS = {
  202: 'The call is safe, and will be made',
  400: 'A header makes no sense, or the callback URL may not be called',
  404: 'No such function, or asynchronous calls are switched off',
  413: 'The body is too large',
  421: 'The request is for another host',
  429: 'As many calls of the function wait as may',
  503: 'It cannot be stored now; `Retry-After` says when to try again',
} as const

export const callRoutes: readonly RouteDescription[] = FORMS.flatMap((form) => [
  ...CALL_METHODS.map((method): RouteDescription => {
    return {
      method,
      path: CALL_PREFIX + form,
      access: 'public',
      summary: 'Call a function, NAME or NAME.NAMESPACE',
      answers: CALL_ANSWERS,
    }
  }),
  {
    method: 'POST',
    path: QUEUED_CALL_PREFIX + form,
    access: 'public',
    summary: 'Call a function later, NAME or NAME.NAMESPACE',
    answers: QUEUED_CALL_ANSWERS,
  },
  {
    method: 'OPTIONS',
    path: QUEUED_CALL_PREFIX + form,
    access: 'public',
    summary: 'Whether a page may call it later, as the function itself says',
    answers: CALL_ANSWERS,
  },
])
