import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createApp, routeTable } from '../../src/gateway/api/app.ts'
import { callRoutes } from '../../src/gateway/shared/call-routes.ts'
import { metricsRoutes } from '../../src/gateway/shared/metrics-routes.ts'
import { methodsOf, openApiPaths } from '../../src/gateway/api/description/openapi.ts'
import { testApp } from '../fakes/test-app.ts'
import { Description } from '../openapi/description.ts'
import { bodyObjection } from '../openapi/schema-check.ts'

async function description(): Promise<Description> {
  const read = Description.read(await (await testApp().app.request('/openapi.json')).text())
  assert.ok(read)
  return read
}

/** Everything that routes: the tables of the API, of calls and of the metrics listener. */
function tables() {
  return [...routeTable(testApp().ports), ...callRoutes, ...metricsRoutes]
}

describe('the OpenAPI description', () => {
  it('the OpenAPI description has every route of every table with its statuses', async () => {
    const { paths } = await description()

    for (const route of tables()) {
      for (const path of openApiPaths(route.path)) {
        for (const method of methodsOf(route)) {
          const operation = paths[path]?.[method.toLowerCase()]

          assert.ok(operation, `${method} ${path}`)
          const expected = [
            ...Object.keys(route.answers),
            ...(route.access === 'admin' ? ['401', '429', '503'] : []),
          ]
          const listed = Object.keys(operation.responses)
          for (const status of expected) assert.ok(listed.includes(status), `${method} ${path}: ${status}`)
        }
      }
    }
  })

  it('the OpenAPI description has nothing else', async () => {
    const routed = new Set(
      tables().flatMap((route) =>
        openApiPaths(route.path).flatMap((path) => methodsOf(route).map((method) => `${method} ${path}`)),
      ),
    )

    const described = (await description()).operations.map(({ method, path }) => `${method} ${path}`)

    assert.deepEqual(described.toSorted(), [...routed].toSorted())
  })

  it('is made once for all who ask, and anew when the metrics listener is elsewhere', async () => {
    let made = 0
    let port = 1
    const base = testApp().ports
    const counted = {
      ...base,
      metricsPort: () => port,
      build: {
        ...base.build,
        get release() {
          made += 1
          return '1.0'
        },
      },
    }
    const app = createApp(counted)
    const ask = async (): Promise<string> => (await app.request('/openapi.json')).text()
    const first = await ask()

    assert.equal(await ask(), first)
    assert.equal(made, 1)
    port = 2
    assert.notEqual(await ask(), first)
  })

  it('tells the listeners apart', async () => {
    const own = await description()
    const metrics = own.operations.filter(({ listeners }) => listeners.includes('metrics'))

    assert.equal(own.find({ method: 'GET', target: '/metrics' }), undefined)
    assert.deepEqual([...new Set(metrics.map(({ path }) => path))].toSorted(), ['/healthz', '/metrics'])
    assert.deepEqual(own.find({ method: 'GET', target: '/healthz' })?.listeners, ['api', 'metrics'])
    assert.deepEqual(own.find({ method: 'HEAD', target: '/healthz' })?.listeners, ['api'])
    assert.match(metrics[0]?.servers?.at(-1)?.url ?? '', /:8082$/)
    const well = own.find({ method: 'GET', target: '/healthz' })?.responses['200']
    assert.match(JSON.stringify(well), /"Both; On the metrics listener: /)
  })

  it('says everything that a status may mean', async () => {
    const { paths } = await description()

    const tooMany = JSON.stringify(paths['/system/logs']?.['get']?.responses['429'])

    assert.match(tooMany, /"Too many readers; Too many wrong passwords/)
  })

  it('shows the fields of a deployment', async () => {
    const { paths } = await description()

    const body = JSON.stringify(paths['/system/functions']?.['post']?.requestBody)

    for (const field of ['service', 'envVars', 'readOnlyRootFilesystem', 'nvidia.com/gpu'])
      assert.match(body, new RegExp(field))
  })

  it('says in the words of its version that a field may be null', async () => {
    const { paths } = await description()

    const body = JSON.stringify(paths['/system/functions']?.['post']?.requestBody)

    assert.match(body, /"image":\{"type":\["string","null"\]\}/)
    assert.doesNotMatch(body, /nullable/)
  })

  it('spells paths without our patterns, and says them of the parameters', async () => {
    const { paths, operations } = await description()

    assert.deepEqual(
      Object.keys(paths).filter((path) => /[:*\\[\]]/.test(path)),
      [],
    )
    const named = operations.find(({ path }) => path === '/system/function/{name}')
    assert.equal(named?.parameters[0]?.schema?.pattern, '^[A-Za-z0-9_.-]+$')
    assert.ok(paths['/system/namespace/'])
  })
})

describe('a body held against the description', () => {
  const status = {
    name: 'a',
    namespace: 'b',
    image: 'c',
    labels: { constructor: 'x' },
    annotations: {},
    replicas: 1,
    availableReplicas: 0,
    createdAt: '2026-01-01T00:00:00.000Z',
  }
  const { createdAt: _left, ...incomplete } = status
  const bodies: readonly (readonly [what: string, body: unknown, objection: RegExp | null])[] = [
    ['nothing', [], null],
    ['a status', [status], null],
    ['a limit', [{ ...status, limits: { memory: '5Mi' } }], null],
    ['a field missing', [incomplete], /body\.0\.createdAt: is missing/],
    ['half a replica', [status, { ...status, replicas: 0.5 }], /body\.1\.replicas: 0\.5 is no integer/],
    ['null for a map', [{ ...status, labels: null }], /body\.0\.labels: null is no object/],
    ['a number in a map', [{ ...status, labels: { a: 1 } }], /body\.0\.labels\.a: 1 is no string/],
    ['a new field', [{ ...status, secret: 'x' }], /body\.0\.secret: is not described/],
    ['no list', status, /is no array/],
  ]
  for (const [what, body, objection] of bodies) {
    it(`a body held against the description ${objection === null ? 'may have' : 'may not have'} ${what}`, async () => {
      const list = (await description()).find({ method: 'GET', target: '/system/functions' })
      const answer = { type: 'application/json', text: JSON.stringify(body) }

      const found = bodyObjection(list?.responses['200'] ?? {}, answer)

      if (objection === null) assert.equal(found, null)
      else assert.match(found ?? '', objection)
    })
  }
})

describe('an answer held against the description', () => {
  const asks: readonly (readonly [method: string, target: string, status: number, fits: boolean])[] = [
    ['GET', '/system/functions?namespace=a', 200, true],
    ['GET', '/system/functions', 418, false],
    ['PATCH', '/system/functions', 405, true],
    ['PATCH', '/system/functions', 404, false],
    ['GET', '/system/namespace/', 400, true],
    ['GET', '/system/namespace/a', 404, true],
    ['GET', '/system/function/f@n', 404, true],
    ['GET', '/nothing', 418, true],
    ['POST', '/function/a.b/c?d', 418, true],
  ]
  for (const [method, target, status, fits] of asks) {
    it(`an answer held against the description ${fits ? 'may' : 'may not'} be ${status} to ${method} ${target}`, async () => {
      const objection = (await description()).objection({ method, target }, { status, isOurs: false })

      assert.equal(objection === null, fits, objection ?? '')
    })
  }

  it('an answer held against the description is held to nothing where a server has no description', () => {
    for (const text of ['404 page not found\n', '', '{}', 'null', '[]', '{"openapi":"3.1.0"}'])
      assert.equal(Description.read(text), null, text)
  })

  it('an answer held against the description may not be an unlisted failure of our own, whatever functions answer', async () => {
    const own = await description()
    const call = { method: 'POST', target: '/function/a' }

    assert.equal(own.objection(call, { status: 504, isOurs: true }), null)
    assert.match(own.objection(call, { status: 500, isOurs: true }) ?? '', /answered with 500/)
  })
})
