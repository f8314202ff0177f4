import type { GenericSchema } from 'valibot'
import { PROVIDER_NAME, type BuildInfo } from './info-routes.ts'
import { json, type Route } from './route.ts'

const TOO_MANY_GUESSES = 'Too many wrong passwords from this address: these credentials were not looked at'

/** Statuses that any route of a kind may answer with, beside its own. */
function everyAnswer(route: Route): Readonly<Record<number, string>> {
  return {
    ...(route.access === 'admin' ? { 401: 'No or wrong credentials', 429: TOO_MANY_GUESSES } : {}),
    ...(route.body ? { 413: 'The body is larger than 10 MiB' } : {}),
    ...(route.access === 'admin' && route.method !== 'GET' ? { 503: 'The provider cannot be reached' } : {}),
    ...route.answers,
  }
}

/** `/openapi.json`: the description of `routes`, made from the schemas that validate. */
export function openApiRoute(routes: readonly Route[], build: BuildInfo): Route {
  return {
    method: 'GET',
    path: '/openapi.json',
    access: 'public',
    summary: 'This description',
    answers: { 200: 'OpenAPI 3.1' },
    handle: () => json(describe(routes, build)),
  }
}

type Json = Record<string, unknown>

function describe(routes: readonly Route[], build: BuildInfo): Json {
  const paths: Record<string, Json> = {}
  for (const route of routes) {
    const path = openApiPath(route.path)
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) }
  }
  return {
    openapi: '3.1.0',
    info: {
      title: `${PROVIDER_NAME} API`,
      version: build.release || 'unknown',
      description:
        'Compatible with faas-cli. Keys of bodies match in any case; unknown ones are ignored; errors are plain text. ' +
        'Functions answer at /function/NAME and /function/NAME.NAMESPACE, by any method and without credentials.',
    },
    components: { securitySchemes: { basic: { type: 'http', scheme: 'basic' } } },
    paths,
  }
}

/** `/a/:name{pattern}` in the spelling of OpenAPI. */
export function openApiPath(path: string): string {
  return path.replace(/:(\w+)(?:\{[^}]*\})?/, '{$1}')
}

function operation(route: Route): Json {
  const responses = Object.entries(everyAnswer(route)).map(([status, description]) => [
    status,
    { description },
  ])
  return {
    summary: route.summary,
    ...(route.access === 'admin' ? { security: [{ basic: [] }] } : {}),
    parameters: [
      ...[...openApiPath(route.path).matchAll(/\{(\w+)\}/g)].map(([, name]) => parameter(name ?? '', 'path')),
      ...(route.query ?? []).map((name) => parameter(name, 'query')),
    ],
    ...(route.body
      ? { requestBody: { content: { 'application/json': { schema: jsonSchema(route.body) } } } }
      : {}),
    responses: Object.fromEntries(responses),
  }
}

function parameter(name: string, where: 'path' | 'query'): Json {
  return { name, in: where, required: where === 'path', schema: { type: 'string' } }
}

/** What is looked at in a schema of the library, whatever its kind. */
interface SchemaShape {
  readonly type: string
  readonly entries?: Readonly<Record<string, GenericSchema>>
  readonly item?: GenericSchema
  readonly wrapped?: GenericSchema
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[]
}

/** JSON Schema of the few kinds that `schemas.ts` uses. */
function jsonSchema(schema: GenericSchema): Json {
  const shape: SchemaShape = schema
  if (shape.wrapped !== undefined) {
    const inner = jsonSchema(shape.wrapped)
    return { ...inner, type: [inner['type'], 'null'] }
  }
  if (shape.entries !== undefined) {
    const properties = Object.entries(shape.entries).map(([key, entry]) => [key, jsonSchema(entry)])
    return { type: 'object', properties: Object.fromEntries(properties) }
  }
  if (shape.item !== undefined) return { type: 'array', items: jsonSchema(shape.item) }
  if (shape.type === 'unknown') return { type: 'object', additionalProperties: { type: 'string' } }
  if (shape.type === 'number') return { type: 'integer', ...bounds(shape) }
  return { type: shape.type }
}

function bounds({ pipe = [] }: SchemaShape): Json {
  const limit = (type: string): unknown => pipe.find((step) => step.type === type)?.requirement
  return { minimum: limit('min_value'), maximum: limit('max_value') }
}
