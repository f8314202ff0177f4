import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testApp } from '../fakes/test-app.ts'

describe('the health answer in words', () => {
  const nats = { isUp: true, reason: '', warnings: [], version: '2.14.0', isOwn: true }
  const cases = [
    [null, 'provider: ok\nqueue: off\n'],
    [nats, 'provider: ok\nqueue: ok\n'],
    [{ ...nats, isUp: false, reason: 'no nats-server' }, 'provider: ok\nqueue: no nats-server\n'],
    [{ ...nats, warnings: ['old'] }, 'provider: ok\nqueue: ok\nqueue, a warning: old\n'],
  ] as const
  for (const [status, text] of cases) {
    it(`the health answer in words is a 200 that says ${JSON.stringify(text)}`, async () => {
      const { app, provider } = testApp({ queueStatus: () => status })

      const answer = await app.request('/healthz?verbose=1')

      assert.deepEqual([answer.status, await answer.text()], [200, text])
      assert.equal((await app.request('/healthz')).status, 200)
      provider.engine = { reachable: false, version: 'unknown', reason: 'connect ENOENT' }
      const unwell = await app.request('/healthz?verbose=1')
      assert.deepEqual([unwell.status, await unwell.text()], [503, text.replace('ok', 'connect ENOENT')])
    })
  }
})
