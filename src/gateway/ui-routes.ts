import { nameOf } from '../core/function-name.ts'
import type { DeployedFunction } from '../core/function-spec.ts'
import type { Provider } from '../core/provider.ts'
import { textResponse } from './error-response.ts'
import { availableReplicas } from './function-status.ts'
import type { Route } from './route.ts'

export interface UiRoutePorts {
  readonly functions: { list(namespace: string): readonly DeployedFunction[] }
  readonly namespaces: { list(): readonly string[] }
  readonly provider: Pick<Provider, 'replicas'>
}

const HEADERS = {
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-store',
} as const

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ccc}
@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}a{color:#8bf}}`

/** `/ui/`: one page without script that says what is deployed. */
export function uiRoutes(ports: UiRoutePorts): readonly Route[] {
  return [
    {
      method: 'GET',
      path: '/ui/',
      access: 'admin',
      summary: 'A page that says what is deployed',
      answers: { 200: 'HTML' },
      handle: () => new Response(page(ports), { headers: HEADERS }),
    },
    {
      method: 'GET',
      path: '/ui/:file{.+}',
      access: 'admin',
      summary: 'Nothing yet',
      answers: { 404: 'Always' },
      handle: () => textResponse(404, '404 page not found'),
    },
  ]
}

function page(ports: UiRoutePorts): string {
  const sections = ports.namespaces.list().map((namespace) => section(namespace, ports))
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Sampan</title><style>${STYLE}</style><h1>Sampan</h1>
${sections.join('\n')}</html>
`
}

function section(namespace: string, ports: UiRoutePorts): string {
  const rows = ports.functions.list(namespace).map((fn) => row(fn, ports))
  if (rows.length === 0) return `<h2>${escape(namespace)}</h2><p>Nothing is deployed.`
  return `<h2>${escape(namespace)}</h2><table><tr><th>Function<th>Image<th>Ready / wanted</tr>${rows.join('')}</table>`
}

function row(fn: DeployedFunction, { provider }: UiRoutePorts): string {
  const { name, image } = fn.spec
  const ready = availableReplicas(provider.replicas(name))
  const link = `<a href="/function/${encodeURIComponent(name)}">${escape(nameOf(name))}</a>`
  return `<tr><td>${link}<td>${escape(image)}<td>${ready} / ${fn.replicas}</tr>`
}

function escape(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}
