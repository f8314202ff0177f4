import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { routeTable } from '../../src/gateway/api/app.ts'
import { openApiPaths } from '../../src/gateway/api/description/openapi.ts'
import type { FakeProvider } from '../fakes/fake-provider.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'
import { Description, type Operation, type Schema } from '../openapi/description.ts'
import { Random } from './random.ts'

/** Inputs that are tried; the project promises that 10,000 do no harm. */
const INPUTS = 10_000
const SEED = Number(process.env['SAMPAN_TEST_SEED'] ?? 20_261_123)

type Awkward = (random: Random) => unknown

const AWKWARD: readonly [Awkward, ...Awkward[]] = [
  () => null,
  () => true,
  () => -1,
  () => 1e308,
  () => 0.5,
  () => [],
  () => ({}),
  () => [[[{}]]],
  () => ({ a: 1, constructor: { prototype: null } }),
  () => 'hello',
  () => '--rm',
  () => '../../etc/passwd',
  () => '5Mi',
  (random) => random.text(20),
  (random) => random.text(2_000),
  (random) => ({ [random.text(10)]: random.text(10) }),
  (random) => [random.text(10), random.below(9)],
]

describe('inputs generated from the OpenAPI description', () => {
  it('inputs generated from the OpenAPI description are answered with a listed status below 500, and bad ones change nothing', async () => {
    const served = testApp()
    const { app, provider, secrets, namespaces, functions } = served
    const { description, targets } = await readDescription(served)
    const random = new Random(SEED)
    const state = (): string =>
      JSON.stringify([
        namespaces.list().map((name) => functions.list(name)),
        [...secrets.values.keys()],
        provider.applied.length,
      ])
    const statuses = new Map<number, number>()

    for (let input = 0; input < INPUTS; input += 1) {
      const target = random.pick(targets)
      const { url, body } = generate(target, random)
      const before = state()
      const response = await app.request(url, {
        method: target.method,
        headers: { Authorization: ADMIN },
        ...(body === undefined ? {} : { body }),
      })
      await response.text()

      const what = `${target.method} ${url} ${body ?? ''} -> ${response.status} (seed ${SEED}, input ${input})`
      assert.ok(response.status < 500, what)
      // A path whose generated part cannot be a name is an unknown one.
      const { responses } = description.find({ method: target.method, target: url }) ?? {
        responses: { 404: {} },
      }
      assert.ok(Object.hasOwn(responses, response.status), what)
      if (response.status >= 400) assert.equal(state(), before, what)
      statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1)
      forget(provider)
    }
    assert.ok((statuses.get(202) ?? 0) > INPUTS / 100, 'the inputs reach the good paths too')
    assert.ok((statuses.get(400) ?? 0) > INPUTS / 10, 'the inputs reach the checks')
  })
})

/** Nothing here looks at what was applied, and 10,000 entries would only slow the comparison down. */
function forget(provider: FakeProvider): void {
  provider.applied.length = 0
}

/** What the app routes; calls and metrics have servers of their own. */
async function readDescription(served: ReturnType<typeof testApp>) {
  const routed = new Set(routeTable(served.ports).flatMap(({ path }) => openApiPaths(path)))
  const description = Description.read(await (await served.app.request('/openapi.json')).text())
  const [first, ...rest] =
    description?.operations.filter((operation) => routed.has(operation.path) && takesInput(operation)) ?? []
  assert.ok(description && first)
  return { description, targets: [first, ...rest] as const }
}

/** Of the others there is nothing to generate. */
function takesInput({ path, parameters, requestBody }: Operation): boolean {
  return path.includes('{') || parameters.length > 0 || requestBody !== undefined
}

function generate(operation: Operation, random: Random): { readonly url: string; readonly body?: string } {
  const names: readonly [string, ...string[]] = [
    'hello',
    'dev',
    'hello.dev',
    'x.y.z',
    '-',
    'A',
    '..',
    'a'.repeat(300),
  ]
  const value = (): string => (random.below(3) === 0 ? random.text(30) : random.pick(names))
  const url = operation.path.replaceAll(/\{\w+\}/g, () => escape(value().replace(/^\.*$/, 'x')) || 'x')
  const query = operation.parameters.filter(
    (parameter) => parameter.in === 'query' && parameter.name !== 'follow',
  )
  const pairs = query.filter(() => random.below(3) === 0).map(({ name }) => `${name}=${escape(value())}`)
  const whole = pairs.length > 0 ? `${url}?${pairs.join('&')}` : url

  const schema = operation.requestBody?.content?.['application/json']?.schema
  return schema === undefined ? { url: whole } : { url: whole, body: generateBody(schema, random) }
}

/** As a client writes text into a URL; a lone surrogate has no bytes. */
function escape(text: string): string {
  return encodeURIComponent(text.replaceAll(/\p{Surrogate}/gu, ''))
}

function generateBody(schema: Schema, random: Random): string {
  const form = random.below(10)
  if (form === 0) return random.text(200)
  if (form === 1) return JSON.stringify(random.pick(AWKWARD)(random)) ?? ''
  const text = JSON.stringify(sensible(schema, random, form < 5 ? 0 : 15))
  return form === 2 ? text.slice(0, random.below(text.length + 1)) : text
}

/** A value that fits the schema, except that `percent` of its parts are something else. */
function sensible(schema: Schema, random: Random, percent: number): unknown {
  if (random.below(100) < percent) return random.pick(AWKWARD)(random)
  if (schema.properties !== undefined) {
    const given = Object.entries(schema.properties).filter(
      ([key]) => random.below(4) > 0 || (percent === 0 && NEEDED.has(key)),
    )
    const pairs = given.map(([key, entry]) => [
      random.below(8) === 0 ? key.toUpperCase() : key,
      fitting(key, random, percent) ?? sensible(entry, random, percent),
    ])
    return Object.fromEntries(pairs)
  }
  if (schema.items !== undefined)
    return Array.from({ length: percent === 0 ? 0 : random.below(3) }, () => 'some-name')
  if (schema.type === 'integer') return random.below(30)
  if (schema.type === 'boolean') return random.below(2) === 0
  if (schema.type === 'object') return { openfaas: '1', [`key-${random.below(9)}`]: random.text(20) }
  return random.pick(['', 'hello', '128Mi', 'QUJD'])
}

/** Without them no body is accepted. */
const NEEDED: ReadonlySet<string> = new Set(['service', 'image', 'name', 'functionName'])

/** Values that let some inputs through to where things happen; all of them where nothing is to be wrong. */
function fitting(key: string, random: Random, percent: number): unknown {
  if (percent > 0 && random.below(4) === 0) return undefined
  if (['service', 'name', 'functionName', 'serviceName'].includes(key)) return `name-${random.below(20)}`
  if (key === 'image') return random.pick(['a/b', 'ghcr.io/a/b:1', `r:5000/x@sha256:${'a'.repeat(64)}`])
  if (key === 'memory') return random.pick(['', '128Mi'])
  if (key === 'cpu') return random.pick(['', '500m'])
  if (key.endsWith('/gpu')) return random.pick(['', '1'])
  if (key === 'rawValue') return random.pick(['', 'QUJD'])
  if (key === 'namespace') return random.pick(['', 'openfaas-fn', 'dev'])
  return undefined
}
