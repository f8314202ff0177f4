import { mebibytes, USUAL_BODY, type BodyLimit } from '../../shared/body-limit.ts'
import { callRoutes } from '../../shared/call-routes.ts'
import type { BuildInfo } from '../../../core/build-info.ts'
import { PROVIDER_NAME } from '../info-routes.ts'
import { jsonSchema } from './json-schema.ts'
import { metricsRoutes } from '../../shared/metrics-routes.ts'
import { jsonText } from '../responses.ts'
import type { Route } from '../route.ts'
import { METHODS, type Method, type RouteDescription } from '../../shared/route-description.ts'

// The description of everything that our listeners answer, generated from the routing tables and the
// validation schemas. It adds only those statuses that any request may get before a route sees it.

export interface OpenApiPorts {
  readonly build: BuildInfo
  /** Present port of the metrics listener. */
  readonly metricsPort: () => number
}

/**
 * Answers to refused clients, on every route that needs credentials, in addition to the route's own meanings.
 */
const LOGIN_ANSWERS: Meanings = {
  401: 'No or wrong credentials',
  403: 'Credentials from a browser: any page could use them',
  429: 'Too many wrong passwords from this address: these credentials were not looked at',
  503: 'The gateway stops: these credentials were not looked at',
}

/** Answers to requests that no route could serve; every listener gives them. */
const BROKEN_REQUESTS = {
  400: ['Malformed', 'The request cannot be read as HTTP'],
  408: ['Late', 'The request did not arrive in time'],
  413: ['TooLarge', 'A part of the request is too large'],
  421: ['Misdirected', 'The gateway does not answer to the name in the Host header'],
  431: ['HeadersTooLarge', 'The headers are too large, or too many'],
} as const

/**
 * `/openapi.json`: the description of `routes`, of this route itself, of calls and of the metrics listener.
 */
export function openApiRoute(routes: readonly RouteDescription[], ports: OpenApiPorts): Route {
  let made: { readonly port: number; readonly text: string } | null = null
  const text = (): string => {
    const port = ports.metricsPort()
    // Cached: anybody may ask for it, and generating it takes milliseconds.
    if (made?.port !== port) {
      const all = [...routes, own, ...callRoutes, ...metricsRoutes]
      made = { port, text: JSON.stringify(describe(all, ports)) }
    }
    return made.text
  }
  const own: Route = {
    method: 'GET',
    path: '/openapi.json',
    access: 'public',
    summary: 'This description',
    answers: { 200: 'OpenAPI 3.1' },
    handle: () => jsonText(text()),
  }
  return own
}

type Json = Record<string, unknown>
/** By status. */
type Meanings = Readonly<Record<string, string>>

function describe(routes: readonly RouteDescription[], ports: OpenApiPorts): Json {
  const paths: Record<string, Record<string, Json>> = {}
  for (const route of routes) {
    for (const path of openApiPaths(route.path)) {
      const item = (paths[path] ??= {})
      for (const method of methodsOf(route)) {
        const key = method.toLowerCase()
        item[key] = merged(item[key], operation(route, path, ports))
      }
    }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `${PROVIDER_NAME} API`,
      version: ports.build.release || 'unknown',
      description:
        'Compatible with faas-cli. Keys of bodies match in any case; unknown ones are ignored; errors are plain text. ' +
        'Functions answer at /function/NAME and /function/NAME.NAMESPACE, without credentials. A path that is not clean is ' +
        'answered with 301, one that is not listed with 404, a method that a path does not list with 405; but with 404 at ' +
        '/async-function/, and at /function/ where there is no such function.',
    },
    servers: [{ url: '/' }],
    components: {
      securitySchemes: {
        basic: { type: 'http', scheme: 'basic' },
        session: { type: 'apiKey', in: 'header', name: 'Sampan-Session' },
      },
      responses: Object.fromEntries(
        Object.values(BROKEN_REQUESTS).map(([name, description]) => [name, { description }]),
      ),
    },
    paths,
  }
}

/**
 * `/a/:name{pattern}` as OpenAPI spells it. A parameter that may be empty gives two paths, because an OpenAPI
 * template does not match an empty value.
 */
export function openApiPaths(path: string): readonly string[] {
  const spelled = path.replaceAll(/:(\w+)(?:\{[^{}]*\})?/g, '{$1}')
  return path.endsWith('*}') ? [path.slice(0, path.indexOf(':')), spelled] : [spelled]
}

export function methodsOf({ method, head }: RouteDescription): readonly Method[] {
  if (method === 'any') return METHODS
  return head === true ? [method, 'HEAD'] : [method]
}

function operation(route: RouteDescription, path: string, ports: OpenApiPorts): Json {
  const patterns = patternsOf(route.path)
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '')
  return {
    summary: route.summary,
    ...(route.listener === 'metrics' ? { servers: [metricsServer(ports)] } : {}),
    ...(route.listener === 'ui' ? { servers: [UI_SERVER] } : {}),
    ...(route.access === 'admin'
      ? { security: [route.listener === 'ui' ? { session: [] } : { basic: [] }] }
      : {}),
    parameters: [
      ...names.map((name) => parameter(name, 'path', patterns.get(name))),
      ...(route.query ?? []).map((name) => parameter(name, 'query')),
    ],
    ...(route.body
      ? { requestBody: { content: { 'application/json': { schema: jsonSchema(route.body) } } } }
      : {}),
    responses: responses(route),
  }
}

/**
 * Merges one path and method of both listeners. `servers` lists both, and a status has the meanings of each.
 */
function merged(one: Json | undefined, other: Json): Json {
  if (one === undefined) return other
  const servers = [one, other].flatMap((each) => each['servers'] ?? [{ url: '/' }])
  const all: Record<string, Responses[string]> = { ...(one['responses'] as Responses) }
  for (const [status, answer] of Object.entries(other['responses'] as Responses)) {
    const description = both(all[status]?.description, answer.description)
    all[status] = { ...answer, ...all[status], ...(description === '' ? {} : { description }) }
  }
  return { ...other, ...one, servers, responses: all }
}

type Responses = Readonly<Record<string, { readonly description?: string }>>

function metricsServer({ metricsPort }: OpenApiPorts): Json {
  return {
    url: `http://{host}:${metricsPort()}`,
    description: 'The metrics listener',
    variables: { host: { default: '127.0.0.1' } },
  }
}

/** Its port is a setting, and may be another one behind a proxy. */
const UI_SERVER: Json = {
  url: 'http://{host}:{port}',
  description: 'The listener of the web page, which has /system too',
  variables: { host: { default: '127.0.0.1' }, port: { default: '8081' } },
}

function responses(route: RouteDescription): Json {
  const own: Meanings = {
    ...(route.body ? bodyAnswers(route.bodyLimit ?? USUAL_BODY) : {}),
    ...(route.access === 'admin' && route.method !== 'GET'
      ? { 503: 'The provider cannot be reached, or there is no room for the change' }
      : {}),
    ...route.answers,
  }
  const shared = Object.entries(BROKEN_REQUESTS).map(([status, [name]]) => [
    status,
    { $ref: `#/components/responses/${name}` },
  ])
  const described = Object.entries(route.access === 'admin' ? joined(own, LOGIN_ANSWERS) : own).map(
    ([status, description]) => [status, { description, ...(status === '200' ? resultOf(route) : {}) }],
  )
  return { ...Object.fromEntries(shared), ...Object.fromEntries(described) }
}

function bodyAnswers({ bytes }: BodyLimit): Meanings {
  return {
    413: `The body is larger than ${mebibytes(bytes)} MiB`,
    429: 'The bodies of other requests fill the memory for them',
  }
}

/** The meanings of a status from either, or both. */
function joined(one: Meanings, other: Meanings): Meanings {
  const all: Record<string, string> = { ...one }
  for (const [status, meaning] of Object.entries(other)) all[status] = both(all[status], meaning)
  return all
}

function both(one: string | undefined, other: string | undefined): string {
  return [one, other].filter((meaning) => meaning !== undefined).join('; ')
}

function resultOf({ result, resultType = 'application/json' }: RouteDescription): Json {
  return result === undefined ? {} : { content: { [resultType]: { schema: jsonSchema(result) } } }
}

function parameter(name: string, where: 'path' | 'query', pattern?: string): Json {
  const schema = { type: 'string', ...(pattern === undefined ? {} : { pattern }) }
  return { name, in: where, required: where === 'path', schema }
}

/** The patterns of the path parameters, by name. */
function patternsOf(path: string): ReadonlyMap<string, string> {
  const found = [...path.matchAll(/:(\w+)\{([^{}]*)\}/g)]
  return new Map(found.map(([, name = '', pattern = '']) => [name, `^${pattern}$`]))
}
