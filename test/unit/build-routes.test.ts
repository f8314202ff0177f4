import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Builds } from '../../src/gateway/api/builds/build-routes.ts'
import { FaasError } from '../../src/core/errors.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'

describe('POST /build and GET /publickey', () => {
  const builds = (change: Partial<Builds> = {}): Builds => ({
    takesSignatures: false,
    publicKey: { key_id: 'a', algorithm: 'nacl/box', public_key: 'abc' },
    begin: async () => ({
      image: 'me/fn:1',
      progress: (async function* () {
        yield { log: ['one'], image: 'me/fn:1', status: 'in_progress' as const }
        yield { log: [], image: 'me/fn:1', status: 'success' as const, id: 'sha256:1' }
      })(),
    }),
    ...change,
  })
  const post = (app: ReturnType<typeof testApp>['app'], headers: Record<string, string>) =>
    app.request('/build', { method: 'POST', body: 'x', headers })

  it('answers a line for each news, and is audited with the image', async () => {
    const { app, log } = testApp({ builds: builds() })

    const answer = await post(app, { Authorization: ADMIN })

    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('content-type'), 'application/x-ndjson')
    assert.equal((await answer.text()).split('\n').length, 3)
    const line = log.lines.find(({ message }) => message === 'audit')
    assert.equal(line?.fields['action'], 'POST /build')
    assert.equal(line?.fields['subject'], 'me/fn:1')
  })

  it('POST /build without credentials is 401, and a signature counts only where there is a secret for it', async () => {
    const closed = testApp({ builds: builds() }).app
    assert.equal((await post(closed, {})).status, 401)
    assert.equal((await post(closed, { 'X-Build-Signature': 'sha256=0' })).status, 401)

    const asked: (string | null)[] = []
    const refuses = builds({
      takesSignatures: true,
      begin: (_, { signature }) => {
        asked.push(signature)
        return Promise.reject(new FaasError('unauthorized', 'the signature of the build is wrong'))
      },
    })
    const open = testApp({ builds: refuses }).app
    assert.equal((await post(open, {})).status, 401)
    const wrong = await post(open, { 'X-Build-Signature': 'sha256=0' })
    assert.equal(wrong.status, 401)
    assert.match(await wrong.text(), /signature/)
    assert.deepEqual(asked, ['sha256=0'])
  })

  it('GET /publickey is public; without builds neither path exists', async () => {
    assert.deepEqual(await (await testApp({ builds: builds() }).app.request('/publickey')).json(), {
      key_id: 'a',
      algorithm: 'nacl/box',
      public_key: 'abc',
    })
    const { app } = testApp()
    assert.equal((await app.request('/publickey')).status, 404)
    assert.equal((await post(app, { Authorization: ADMIN })).status, 404)
  })
})
