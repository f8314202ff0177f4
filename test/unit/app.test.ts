import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { beforeEach, describe, it } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { FakeClock } from '../fakes/fake-clock.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'

describe('routing', () => {
  it('answers 404 in plain text for unknown paths, without a challenge', async () => {
    const { app } = testApp()
    for (const path of [
      '/nothing',
      '/system/functions/',
      '/system/namespace',
      '/ui',
      '/metrics',
      '/system/function/f@n',
    ]) {
      const response = await app.request(path)

      assert.equal(response.status, 404, path)
      assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
      assert.equal(response.headers.get('www-authenticate'), null)
    }
  })

  it('answers 405 with nothing for a known path and a wrong method, before authentication', async () => {
    const { app } = testApp()
    const asked: readonly (readonly [string, string])[] = [
      ['PATCH', '/system/functions'],
      ['HEAD', '/system/functions'],
      ['DELETE', '/system/info'],
      ['POST', '/system/function/hello'],
      ['GET', '/system/scale-function/hello'],
      ['POST', '/healthz'],
      ['OPTIONS', '/system/namespaces'],
      ['PATCH', '/system/namespace/'],
    ]
    for (const [method, path] of asked) {
      const response = await app.request(path, { method })

      assert.equal(response.status, 405, `${method} ${path}`)
      assert.equal(await response.text(), '')
      assert.equal(response.headers.get('allow'), null)
      assert.equal(response.headers.get('www-authenticate'), null)
    }
  })

  it('leads the root to the user interface', async () => {
    const response = await testApp().app.request('/')

    assert.equal(response.status, 307)
    assert.equal(response.headers.get('location'), '/ui/')
  })
})

describe('health', () => {
  it('health is public and good while the provider answers, HEAD included', async () => {
    const { app } = testApp()

    assert.equal((await app.request('/healthz')).status, 200)
    assert.equal((await app.request('/healthz', { method: 'HEAD' })).status, 200)
  })

  it('6.11: the health answer says why the daemon is not well', async () => {
    const { app, provider } = testApp()
    provider.engine = { reachable: false, version: 'unknown', reason: 'connect ENOENT' }

    const response = await app.request('/healthz')

    assert.equal(response.status, 503)
    assert.match(await response.text(), /ENOENT/)
  })
})

describe('info', () => {
  it('info has every string that clients dereference, even without a build', async () => {
    const { ask } = testApp({ build: { release: '', sha: '' } })

    const info = (await (await ask('GET', '/system/info')).json()) as Record<string, unknown>

    assert.deepEqual(info['version'], { release: 'unknown', sha: 'unknown' })
    assert.deepEqual(info['provider'], {
      provider: 'sampan',
      version: { release: 'unknown', sha: 'unknown' },
      orchestration: 'docker',
    })
    assert.match(String(info['arch']), /^(amd64|arm64|arm)$/)
  })
})

describe('authentication', () => {
  const bad = [
    undefined,
    '',
    'Bearer ',
    'Bearer abc',
    'Basic',
    'Basic !!!',
    `Basic ${Buffer.from('admin').toString('base64')}`,
    `Basic ${Buffer.from('admin:wrong').toString('base64')}`,
    `Basic ${Buffer.from('root:secret').toString('base64')}`,
  ]
  for (const header of bad) {
    it(`challenges ${JSON.stringify(header)}`, async () => {
      const headers: Record<string, string> = header === undefined ? {} : { Authorization: header }

      const response = await testApp().app.request('/system/functions', { headers })

      assert.equal(response.status, 401)
      assert.equal(response.headers.get('www-authenticate'), 'Basic realm="Restricted"')
      assert.equal(await response.text(), 'invalid credentials\n')
    })
  }

  it('answers 429, with a time to come again, when too many guesses wait', async () => {
    const clock = new FakeClock()
    const { app, log } = testApp({ clock })
    const headers = { Authorization: `Basic ${Buffer.from('admin:wrong').toString('base64')}` }
    const guess = () => app.request('/system/functions', { method: 'DELETE', headers })
    for (let guesses = 0; guesses < 36; guesses += 1) void guess()

    const response = await guess()

    assert.equal(response.status, 429)
    assert.equal(response.headers.get('retry-after'), '1')
    assert.match(await response.text(), /^too many wrong passwords from this address/)
    assert.equal(log.named('audit').at(-1)?.fields['status'], 429)
  })

  it('takes the scheme in any case', async () => {
    const headers = { Authorization: ADMIN.replace('Basic', 'basic') }

    assert.equal((await testApp().app.request('/system/functions', { headers })).status, 200)
  })
})

describe('unexpected failures', () => {
  it('unexpected failures become a 500 that says nothing and one log line that says all', async () => {
    const { ask, log, provider } = testApp()
    await ask('POST', '/system/functions', { service: 'hello', image: 'a/b' })
    provider.replicas = () => {
      throw new TypeError('deep inside')
    }

    const response = await ask('GET', '/system/function/hello')

    assert.equal(response.status, 500)
    assert.equal(await response.text(), 'internal error\n')
    assert.equal(log.named('request failed unexpectedly').length, 1)
  })
})

describe('what is observed', () => {
  it('what is observed is every answered /system request under the name of its route', async () => {
    const { ask, app, observed } = testApp()
    await ask('GET', '/system/function/some-name')
    await ask('POST', '/system/scale-function/x', {})
    await app.request('/system/info')
    await app.request('/nothing')
    await app.request('/healthz')
    await app.request('/system/info', { method: 'PATCH' })

    assert.deepEqual(
      observed.map(({ path, method, code }) => `${method} ${path} ${code}`),
      ['GET /system/function 404', 'POST /system/scale-function 404', 'GET /system/info 401'],
    )
  })
})

describe('the audit', () => {
  it('the audit has one line for each change: who, from where, what, how it ended', async () => {
    const { ask, app, log } = testApp()
    await ask('POST', '/system/functions', { service: 'hello', image: 'a/b' })
    await ask('DELETE', '/system/functions', { functionName: 'nobody' })
    await ask('GET', '/system/functions')
    await app.request('/system/functions', { method: 'POST' })
    await ask('POST', '/system/scale-function/hello', { replicas: 2 })
    const firing = { status: 'firing', labels: { function_name: 'hello.openfaas-fn' } }
    await ask('POST', '/system/alert', { alerts: [firing, firing] })
    await ask('POST', '/system/namespace/', { name: 'dev', labels: { openfaas: '1' } })

    assert.deepEqual(
      log
        .named('audit')
        .map(({ fields }) => [fields['user'], fields['action'], fields['subject'], fields['status']]),
      [
        ['admin', 'POST /system/functions', 'hello.openfaas-fn', 202],
        ['admin', 'DELETE /system/functions', 'nobody.openfaas-fn', 404],
        [null, 'POST /system/functions', null, 401],
        ['admin', 'POST /system/scale-function', 'hello.openfaas-fn', 202],
        ['admin', 'POST /system/alert', 'hello.openfaas-fn', 200],
        ['admin', 'POST /system/namespace', 'dev', 201],
      ],
    )
  })
})

describe('namespaces', () => {
  const dev = { name: 'dev', labels: { openfaas: '1' }, annotations: { team: 'x' } }

  it('namespaces are created, read, changed and removed', async () => {
    const { ask } = testApp()

    assert.equal((await ask('POST', '/system/namespace/', dev)).status, 201)
    assert.deepEqual(await (await ask('GET', '/system/namespace/dev')).json(), dev)
    assert.equal((await ask('PUT', '/system/namespace/dev', { ...dev, labels: { a: 'b' } })).status, 202)
    assert.deepEqual(await (await ask('GET', '/system/namespaces')).json(), ['openfaas-fn', 'dev'])
    assert.equal((await ask('DELETE', '/system/namespace/dev')).status, 202)
    assert.deepEqual(await (await ask('GET', '/system/namespaces')).json(), ['openfaas-fn'])
  })

  it('namespaces need the mark as label or annotation', async () => {
    const { ask } = testApp()

    assert.equal((await ask('POST', '/system/namespace/', { name: 'a' })).status, 400)
    assert.equal(
      (await ask('POST', '/system/namespace/', { name: 'a', labels: { openfaas: '0' } })).status,
      400,
    )
    assert.equal(
      (await ask('POST', '/system/namespace/', { name: 'a', annotations: { openfaas: 'true' } })).status,
      201,
    )
  })

  it('namespaces answer what is wrong', async () => {
    const { ask, namespaces } = testApp()
    await ask('POST', '/system/namespace/', dev)
    namespaces.occupied.add('dev')

    assert.equal((await ask('GET', '/system/namespace/')).status, 400)
    assert.equal((await ask('GET', '/system/namespace/nowhere')).status, 404)
    assert.equal((await ask('POST', '/system/namespace/', dev)).status, 409)
    assert.equal((await ask('POST', '/system/namespace/', { ...dev, name: 'Not_Good' })).status, 400)
    assert.equal((await ask('POST', '/system/namespace/', { labels: dev.labels })).status, 400)
    assert.equal((await ask('PUT', '/system/namespace/dev', { ...dev, name: 'other' })).status, 400)
    assert.equal((await ask('PUT', '/system/namespace/nowhere', {})).status, 404)
    assert.equal((await ask('DELETE', '/system/namespace/dev', { name: 'other' })).status, 400)
    assert.equal((await ask('DELETE', '/system/namespace/dev', { name: 'dev' })).status, 409)
    assert.equal((await ask('DELETE', '/system/namespace/openfaas-fn')).status, 400)
    assert.equal((await ask('DELETE', '/system/namespace/nowhere')).status, 404)
  })
})

describe('the signal that the daemon stops', () => {
  let clock = new FakeClock()
  let test = testApp()
  beforeEach(() => {
    clock = new FakeClock()
    test = testApp({ clock })
  })
  const left = (): number => getEventListeners(test.stopping.signal, 'abort').length
  const guessWrong = (signal: AbortSignal | null = null): Promise<Response> => {
    const headers = { Authorization: `Basic ${btoa('admin:wrong')}` }
    const request = new Request('http://a/system/info', { headers, signal })
    return Promise.resolve(test.app.fetch(request, { stopping: test.stopping.signal }))
  }

  it('keeps nothing of requests that were answered, however many waited at once', async () => {
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    const answers = Array.from({ length: 10 }, () => guessWrong())
    await clock.advance(0)
    assert.equal(left(), 10)
    // What only weak references hold is gone then.
    collect()

    await clock.advance(2_000)
    for (const answer of answers) assert.equal((await answer).status, 401)
    assert.equal(left(), 0)
  })

  it('keeps nothing of a request whose client had left', async () => {
    await guessWrong(AbortSignal.abort())

    assert.equal(left(), 0)
  })
})
