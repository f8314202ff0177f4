import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { shippedTemplates } from '../../src/cli/templates/shipped.ts'
import { testApp } from '../fakes/test-app.ts'

describe('the stores that the daemon serves', () => {
  it('are there without credentials, as faas-cli asks', async () => {
    const { app } = testApp()
    for (const path of ['/store/functions.json', '/store/templates.json']) {
      const answer = await app.request(path)
      assert.equal(answer.status, 200)
      assert.equal(answer.headers.get('content-type'), 'application/json')
      assert.equal((await app.request(path, { method: 'HEAD' })).status, 200)
      assert.equal((await app.request(path, { method: 'POST' })).status, 405)
    }
    assert.equal((await app.request('/store/other.json')).status, 404)
  })

  it('have the fields that faas-cli reads', async () => {
    const { app } = testApp()
    const { version, functions } = (await (await app.request('/store/functions.json')).json()) as {
      version: string
      functions: Record<string, unknown>[]
    }
    assert.equal(version, '0.2.1')
    assert.ok(
      functions.every(
        ({ name, title, images }) =>
          name !== '' && title !== '' && Object.keys(images as object).length === 3,
      ),
    )
    const built = functions.flatMap(({ build }) =>
      build === undefined ? [] : [build as { lang: string; handler: string }],
    )
    assert.ok(built.length > 0)
    const templates = await shippedTemplates()
    for (const { lang, handler } of built) assert.ok(templates.includes(lang) && existsSync(handler), handler)
    const list = (await (await app.request('/store/templates.json')).json()) as {
      repo: string
      official: string
    }[]
    assert.ok(list.every(({ repo, official }) => repo.startsWith('https://') && official === 'true'))
  })
})
