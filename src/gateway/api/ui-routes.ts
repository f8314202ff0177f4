import { textResponse } from '../shared/error-response.ts'
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

/** `/ui/`: the real page will have an origin of its own, because this one is shared with functions. */
export const uiRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/ui/',
    access: 'public',
    summary: 'A page that says what this address is',
    answers: { 200: 'HTML' },
    handle: () => new Response(PAGE, { headers: HEADERS }),
  },
  {
    method: 'GET',
    path: '/ui/:file{.+}',
    access: 'public',
    summary: 'Nothing yet',
    answers: { 404: 'Always' },
    handle: () => textResponse(404, '404 page not found'),
  },
]
