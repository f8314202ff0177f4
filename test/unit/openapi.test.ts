import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { routeTable } from '../../src/gateway/app.ts'
import { openApiPath } from '../../src/gateway/openapi.ts'
import { testApp } from '../fakes/test-app.ts'

interface Description {
  readonly openapi: string
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: object; readonly requestBody?: unknown }>>>
  >
}

async function description(): Promise<Description> {
  return (await (await testApp().app.request('/openapi.json')).json()) as Description
}

describe('the OpenAPI description', () => {
  it('has every route of the table with its statuses', async () => {
    const { openapi, paths } = await description()
    const { ports } = testApp()

    assert.equal(openapi, '3.1.0')
    for (const route of routeTable(ports).filter(({ path }) => path !== '/openapi.json')) {
      const operation = paths[openApiPath(route.path)]?.[route.method.toLowerCase()]

      assert.ok(operation, `${route.method} ${route.path}`)
      for (const status of Object.keys(route.answers)) assert.ok(status in operation.responses)
      if (route.access !== 'admin') continue
      for (const status of ['401', '429']) assert.ok(status in operation.responses)
    }
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

  it('spells paths without our patterns', async () => {
    const { paths } = await description()

    assert.deepEqual(
      Object.keys(paths).filter((path) => /[:*\\[\]]/.test(path)),
      [],
    )
    assert.ok(paths['/system/function/{name}'])
  })
})
