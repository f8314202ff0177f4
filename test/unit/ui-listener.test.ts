import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { ask } from '../e2e/raw-answer.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'
import { uiRig, type UiRig } from '../fakes/ui-rig.ts'

describe('the listener of the web page', () => {
  let rig: UiRig
  let token = ''
  before(async () => {
    rig = await uiRig()
    token = await rig.token()
  })
  after(() => rig.close())

  const get = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
    fetch(rig.base + path, { headers, redirect: 'manual' })

  it('answers the page at every view, and says which build it is', async () => {
    for (const path of ['/ui/', '/ui/functions/openfaas-fn/hello/logs', '/ui/queue?state=dead', '/ui/a.b']) {
      const answer = await get(path)

      assert.equal(answer.status, 200, path)
      assert.match(await answer.text(), /<title>page/)
      assert.equal(answer.headers.get('cache-control'), 'no-cache')
      assert.match(answer.headers.get('sampan-ui') ?? '', /^[0-9a-f]{16}$/)
    }
    assert.equal((await get('/')).headers.get('location'), '/ui/')
  })

  it('lets nothing run in the page but its own files', async () => {
    const { headers } = await get('/ui/')
    const policy = headers.get('content-security-policy') ?? ''

    for (const part of ["default-src 'none'", "script-src 'self';", "require-trusted-types-for 'script'"])
      assert.ok(policy.includes(part), part)
    assert.ok(policy.endsWith("trusted-types 'none'"))
    assert.doesNotMatch(policy, /unsafe/)
    assert.equal(headers.get('cross-origin-opener-policy'), 'same-origin')
    assert.equal(headers.get('cross-origin-resource-policy'), 'same-origin')
    assert.equal(headers.get('referrer-policy'), 'no-referrer')
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
  })

  it('keeps what never changes for ever, and sends it coded to who takes it', async () => {
    const script = '/ui/app-4F7Q2ABC.js'
    const plain = await ask({ host: '127.0.0.1', port: rig.port }, 'localhost', { target: script })
    const coded = async (header: string): Promise<RawFields> => {
      const headers = { 'Accept-Encoding': header }
      const { fields } = await ask({ host: '127.0.0.1', port: rig.port }, 'localhost', {
        target: script,
        headers,
      })
      return fields
    }

    assert.equal(plain.body.toString(), 'console.log(1)')
    assert.equal(valueOf(plain.fields, 'cache-control'), 'public, max-age=31536000, immutable')
    assert.equal(valueOf(await coded('gzip, br'), 'content-encoding'), 'br')
    assert.equal(valueOf(await coded('gzip, br;q=0'), 'content-encoding'), 'gzip')
    assert.equal(valueOf(await coded('identity'), 'content-encoding'), undefined)
    assert.notEqual(valueOf(await coded('br'), 'etag'), valueOf(plain.fields, 'etag'))
  })

  it('answers 304 for what the browser has', async () => {
    const tag = (await get('/ui/logo.svg')).headers.get('etag') ?? ''

    assert.equal((await get('/ui/logo.svg', { 'If-None-Match': `"x", W/${tag}` })).status, 304)
    assert.equal((await get('/ui/logo.svg', { 'If-None-Match': '"x"' })).status, 200)
  })

  it('gives the frame of answers an origin of its own, and only the script that is in it', async () => {
    const { headers } = await get('/ui/frame.html')
    const hash = createHash('sha256').update('onmessage = 1').digest('base64')

    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /^sandbox allow-scripts; default-src 'none'; /)
    assert.ok(policy.includes(`script-src 'sha256-${hash}';`))
    assert.ok(policy.endsWith("frame-ancestors 'self'"))
  })

  it('has no function, no call for the queue, and no file outside its folder', async () => {
    const targets = ['/function/hello', '/async-function/hello', '/function/_sampan-origin-check', '/metrics']
    const odd = ['/ui/app-00000000.js', '/ui/..%2f..%2fpackage.json', '/openapi.json', '/healthz']
    for (const target of [...targets, ...odd]) {
      const answer = await ask({ host: '127.0.0.1', port: rig.port }, 'localhost', {
        target,
        headers: { 'Sampan-Session': token },
      })

      const isMoved = answer.status === 301
      if (!isMoved) assert.equal(answer.status, 404, target)
      if (!isMoved) assert.equal(valueOf(answer.fields, 'sampan-ui-only'), '1', target)
    }
    assert.doesNotMatch(await (await get('/ui/notes.private')).text(), /no type/)
  })

  it('lets a session in at the API, and nothing else', async () => {
    const tries: Readonly<Record<string, string>>[] = [
      {},
      { Authorization: ADMIN },
      { Cookie: `Sampan-Session=${token}` },
      { 'Sampan-Session': '' },
      { 'Sampan-Session': 'A'.repeat(43) },
      { 'Sampan-Session': `${token}x` },
      { Authorization: `Bearer ${token}` },
    ]
    for (const headers of tries) {
      const answer = await get('/system/info', headers)

      assert.equal(answer.status, 401, JSON.stringify(headers))
      assert.equal(answer.headers.get('www-authenticate'), null)
    }
    const answer = await get('/system/info', { 'Sampan-Session': token, Origin: rig.base })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    assert.equal(answer.headers.get('set-cookie'), null)
  })

  it('takes nothing from pages of other origins, that of functions included, signed in or not', async () => {
    const origins: Readonly<Record<string, string>>[] = [
      { Origin: 'http://127.0.0.1:8080' },
      { Origin: 'null' },
      { Origin: 'https://evil.example' },
      { Origin: `${rig.base}.evil.example` },
      { 'Sec-Fetch-Site': 'same-site' },
      { 'Sec-Fetch-Site': 'cross-site' },
    ]
    const body = JSON.stringify({ user: 'admin', password: 'secret' })
    for (const headers of origins) {
      const signIn = await fetch(`${rig.base}/ui/session`, { method: 'POST', headers, body })
      const used = await get('/system/info', { ...headers, 'Sampan-Session': token })

      assert.deepEqual([signIn.status, used.status], [403, 403], JSON.stringify(headers))
    }
    const preflight = await fetch(`${rig.base}/system/info`, {
      method: 'OPTIONS',
      headers: { Origin: 'http://127.0.0.1:8080', 'Access-Control-Request-Headers': 'sampan-session' },
    })
    assert.equal(preflight.ok, false)
    assert.equal(preflight.headers.get('access-control-allow-origin'), null)
  })

  it('answers to no name that a stranger gave to this address', async () => {
    for (const target of ['/ui/', '/ui/session', '/system/info', '/ui/logo.svg']) {
      const answer = await ask({ host: '127.0.0.1', port: rig.port }, 'rebound.example', {
        target,
        headers: { 'Sampan-Session': token },
      })

      assert.equal(answer.status, 421, target)
    }
  })
})

type RawFields = readonly (readonly [name: string, value: string])[]

function valueOf(fields: RawFields, wanted: string): string | undefined {
  return fields.find(([name]) => name.toLowerCase() === wanted)?.[1]
}

describe('the web page behind a proxy, or not there', () => {
  it('takes requests of the origin that it has behind a proxy, by its name', async () => {
    const rig = await uiRig({ url: 'https://sampan.example.org' })
    try {
      const answer = await ask({ host: '127.0.0.1', port: rig.port }, 'sampan.example.org', {
        method: 'POST',
        target: '/ui/session',
        headers: { Origin: 'https://sampan.example.org' },
        body: Buffer.from('{"user":"admin","password":"secret"}'),
      })

      assert.equal(answer.status, 200)
    } finally {
      await rig.close()
    }
  })

  it('says how to build it where it was not', async () => {
    const rig = await uiRig({ files: {} })
    try {
      const answer = await fetch(`${rig.base}/ui/`)

      assert.equal(answer.status, 404)
      assert.match(await answer.text(), /was not built: <code>npm run build/)
    } finally {
      await rig.close()
    }
  })

  it('has no port where it was not built and nobody asked for one', async () => {
    const rig = await uiRig({ files: {}, isChosen: false })
    try {
      assert.equal(rig.server.port, null)
    } finally {
      await rig.close()
    }
  })

  it('is led to from the port of functions: to the same host, to a set address, or by a tunnel', async () => {
    const at = { port: () => 9081, isLocal: false, url: null }
    const to = async (ui: typeof at | { url: string }, host: string): Promise<Response> =>
      await testApp({ ui: { ...at, ...ui } }).app.request('/ui/queue?x=1', { headers: { Host: host } })

    assert.equal((await to({ ...at }, 'pi:8080')).headers.get('location'), 'http://pi:9081/ui/queue?x=1')
    assert.equal(
      (await to({ ...at }, '[::1]:8080')).headers.get('location'),
      'http://[::1]:9081/ui/queue?x=1',
    )
    assert.equal(
      (await to({ url: 'https://sampan.example.org' }, 'pi')).headers.get('location'),
      'https://sampan.example.org/ui/queue?x=1',
    )
    assert.equal((await to({ ...at }, 'a/b@c')).headers.get('location'), null)
    const { app } = testApp({ ui: { ...at, isLocal: true } })
    const far = await app.request('/ui/', { headers: { Host: 'pi' } }, { remoteAddress: '192.0.2.7' })
    assert.match(await far.text(), /ssh -L 9081:127\.0\.0\.1:9081 HOST/)
  })
})
