import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Target } from './target.ts'

describe(
  'http-api 1 and 2: routing, errors, bodies, credentials',
  { skip: await skipWithoutDocker() },
  () => {
    let target: Target
    before(async () => {
      target = await Target.open()
    })
    after(() => target.close())

    it('1.1: /metrics is not on the API port', async () => {
      assert.equal((await target.send('GET', '/metrics')).status, 404)
    })

    it('1.1: the metrics port answers /metrics to any method, /healthz to GET, nothing else', async (t) => {
      if (target.metricsUrl === null) return t.skip('no metrics URL')
      const ask = async (method: string, path: string): Promise<number> =>
        (await target.metrics(method, path)).status

      assert.equal(await ask('GET', '/metrics'), 200)
      assert.equal(await ask('POST', '/metrics'), 200)
      assert.equal(await ask('POST', '/healthz'), 405)
      assert.equal(await ask('GET', '/other'), 404)
      assert.equal((await target.metrics('GET', '/healthz')).text, 'OK')
    })

    it('1.2, 18.1.11: an unknown path is 404 in plain text without a challenge', async () => {
      for (const path of [
        '/nothing',
        '/system/functions/',
        '/system/namespace',
        '/ui',
        '/config',
        '/system/async-report',
      ]) {
        const answer = await target.send('GET', path)

        assert.equal(answer.status, 404, path)
        assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8')
        assert.equal(answer.headers['x-content-type-options'], 'nosniff')
        assert.equal(answer.headers['www-authenticate'], undefined)
      }
    })

    it('1.2: a name with other characters is 404', async () => {
      for (const path of ['/function/f@n', '/system/function/f@n']) {
        assert.equal((await target.send('GET', path)).status, 404)
      }
    })

    it('1.2, 18.1.11: a wrong method is 405, empty, without Allow, before authentication', async () => {
      const asks = [
        'PATCH /system/functions',
        'DELETE /system/info',
        'POST /system/namespaces',
        'PUT /system/alert',
      ]
      for (const ask of [...asks, 'POST /healthz', 'GET /system/scale-function/x', 'POST /system/logs']) {
        const [method = '', path = ''] = ask.split(' ')
        const answer = await target.send(method, path)

        assert.equal(answer.status, 405, ask)
        assert.equal(answer.text, '')
        assert.equal(answer.headers.allow, undefined)
        assert.equal(answer.headers['www-authenticate'], undefined)
      }
    })

    it('1.2: a path that is not clean is 301 to the clean one, query kept', async () => {
      const asks = [
        ['//system//info?a=b', '/system/info?a=b'],
        ['/system/./info', '/system/info'],
        ['/x/../system/functions', '/system/functions'],
      ]
      for (const [path = '', location] of asks) {
        const answer = await target.send('POST', path)

        assert.equal(answer.status, 301, path)
        assert.equal(answer.headers.location, location)
      }
    })

    it('1.2: HEAD is not GET, except on /healthz', async () => {
      const headers = { Authorization: target.authorization }

      assert.equal((await target.send('HEAD', '/system/functions', { headers })).status, 405)
      assert.equal((await target.send('HEAD', '/healthz')).status, 200)
    })

    it('1.3: errors are plain text that ends with a line feed', async () => {
      const answer = await target.expect(400, ['POST', '/system/functions', '{'])

      assert.equal(answer.headers['content-type'], 'text/plain; charset=utf-8')
      assert.equal(answer.headers['x-content-type-options'], 'nosniff')
      assert.match(answer.text, /^.+\n$/)
    })

    it('1.4, 18.1.5: the content type of a body does not matter', async () => {
      for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/json', 'no/such']) {
        const headers = { Authorization: target.authorization, 'Content-Type': type }
        const answer = await target.send('DELETE', '/system/functions', {
          headers,
          body: { functionName: 'nobody' },
        })

        assert.equal(answer.status, 404)
      }
    })

    it('1.4: an empty body is 400, null an empty object', async () => {
      await target.expect(400, ['DELETE', '/system/functions', ''])
      await target.expect(400, ['DELETE', '/system/functions', 'null'])
      await target.expect(200, ['POST', '/system/alert', 'null'])
    })

    it('1.4, 18.1.6: keys match in any case and unknown ones are ignored', async () => {
      await target.expect(404, [
        'DELETE',
        '/system/functions',
        { FUNCTIONNAME: 'nobody', what: { ever: [1] } },
      ])
    })

    it('1.4, 18.1.6: a wrong type is 400 and names the field', async () => {
      const spec = { service: 'conform', image: target.image }
      const wrong: readonly (readonly [string, object])[] = [
        ['envVars.A', { envVars: { A: 1 } }],
        ['labels.a', { labels: { a: true } }],
        ['annotations', { annotations: [] }],
        ['service', { service: {} }],
        ['secrets', { secrets: 'x' }],
        ['readOnlyRootFilesystem', { readOnlyRootFilesystem: 1 }],
      ]
      for (const [field, change] of wrong) {
        const answer = await target.expect(400, ['POST', '/system/functions', { ...spec, ...change }])
        assert.ok(answer.text.startsWith(`${field}:`), answer.text)
      }
      await target.expect(400, ['POST', '/system/scale-function/nobody', { replicas: -1 }])
      await target.expect(400, ['POST', '/system/scale-function/nobody', { replicas: 1.5 }])
    })

    it('1.4: chunked bodies are read', async () => {
      const headers = { Authorization: target.authorization, 'Transfer-Encoding': 'chunked' }
      const answer = await target.send('DELETE', '/system/functions', {
        headers,
        body: { functionName: 'nobody' },
      })

      assert.equal(answer.status, 404)
    })

    it('1.4, 18.4.1: sixty kilobytes of headers are fine, a megabyte is 431', async () => {
      assert.equal(
        (await target.send('GET', '/healthz', { headers: { 'X-Big': 'x'.repeat(60_000) } })).status,
        200,
      )
      const more = await target
        .send('GET', '/healthz', { headers: { 'X-Big': 'x'.repeat(1_000_000) } })
        .catch((error: unknown) => {
          if (error instanceof assert.AssertionError) throw error
          return null
        })
      // A server that closes while we still write may reset the connection before its answer is read.
      if (more !== null) assert.equal(more.status, 431)
    })

    it('2, 18.1.9, 18.1.10: no, wrong, malformed and Bearer credentials are 401 with a challenge', async () => {
      const wrong = Buffer.from('admin:wrong').toString('base64')
      for (const header of [undefined, `Basic ${wrong}`, 'Basic', 'Basic ???', 'Bearer ', 'Bearer abc']) {
        const headers: Record<string, string> = header === undefined ? {} : { Authorization: header }
        for (const path of ['/system/functions', '/system/telemetry']) {
          const answer = await target.send('GET', path, { headers })

          assert.equal(answer.status, 401, `${path} ${header}`)
          assert.equal(answer.headers['www-authenticate'], 'Basic realm="Restricted"')
          assert.equal(answer.text.trimEnd(), 'invalid credentials')
        }
      }
    })

    it('2: a browser gets no challenge, and may not use credentials', async () => {
      const { authorization: Authorization } = target
      for (const [name, value] of Object.entries({
        'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0',
        Origin: 'https://evil.example',
        'Sec-Fetch-Site': 'cross-site',
        Referer: `${target.url}/function/evil`,
      })) {
        const stranger = await target.send('GET', '/system/functions', { headers: { [name]: value } })
        const admin = await target.send('POST', '/system/functions', {
          headers: { [name]: value, Authorization, 'Content-Type': 'text/plain' },
          body: { service: 'conform-never', image: target.image },
        })

        assert.deepEqual([stranger.status, stranger.headers['www-authenticate']], [401, undefined], name)
        assert.deepEqual([admin.status, admin.headers['www-authenticate']], [403, undefined], name)
      }
      await target.expect(404, ['GET', '/system/function/conform-never'])
    })

    it('2: functions, health, the root and the page need no credentials', async () => {
      assert.equal((await target.send('GET', '/healthz')).status, 200)
      assert.equal((await target.send('GET', '/ui/')).status, 200)
      assert.equal((await target.send('GET', '/')).status, 307)
      assert.equal((await target.send('GET', '/function/nobody')).status, 404)
    })

    it('2: the right password works after many wrong ones', async () => {
      const wrong = { Authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}` }
      await Promise.all(
        Array.from({ length: 10 }, () => target.send('GET', '/system/functions', { headers: wrong })),
      )

      await target.expect(200, ['GET', '/system/functions'])
    })
  },
)
