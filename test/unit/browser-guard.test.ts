import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { HostNames } from '../../src/core/host-names.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'

const CHROMIUM =
  'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36'

const FROM_BROWSERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a browser by its name': { 'User-Agent': CHROMIUM },
  'a page of another site': { Origin: 'https://evil.example' },
  'a page without an origin': { Origin: 'null' },
  'our own origin': { Origin: 'http://127.0.0.1:8080', 'Sec-Fetch-Site': 'same-origin' },
  'a page at another port': { 'Sec-Fetch-Site': 'same-site' },
  'a bookmark': { 'User-Agent': CHROMIUM, 'Sec-Fetch-Site': 'none' },
  'the page of a function': { Referer: 'http://192.0.2.1:8080/function/evil' },
}

const FROM_PROGRAMS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nothing: {},
  'faas-cli': { 'User-Agent': 'faas-cli/0.17.4' },
  curl: { 'User-Agent': 'curl/7.88.1', Accept: '*/*' },
  'the fetch of Node': { 'User-Agent': 'node', 'Sec-Fetch-Mode': 'cors', 'Accept-Language': '*' },
  'a referer of its own': { Referer: 'https://ci.example/job/1' },
  PowerShell: { 'User-Agent': 'Mozilla/5.0 (Windows NT 10.0; en-US) PowerShell/7.4.6' },
}

const ROUTES = [
  ['GET', '/system/functions'],
  ['GET', '/system/info'],
  ['GET', '/system/secrets'],
  ['GET', '/system/logs?name=hello'],
  ['POST', '/system/functions'],
  ['PUT', '/system/functions'],
  ['DELETE', '/system/functions'],
  ['POST', '/system/secrets'],
  ['POST', '/system/scale-function/hello'],
  ['POST', '/system/alert'],
  ['POST', '/system/namespace/n'],
] as const

describe('a browser at the API', () => {
  for (const [what, headers] of Object.entries(FROM_BROWSERS)) {
    it(`may not use credentials from ${what}, right or wrong, and no body is read`, async () => {
      const { app } = testApp()
      for (const [method, path] of ROUTES) {
        for (const authorization of [ADMIN, 'Basic eDp5', 'Bearer x', '']) {
          let isRead = false
          const body = new ReadableStream(
            {
              pull: (controller) => {
                isRead = true
                controller.close()
              },
            },
            { highWaterMark: 0 },
          )

          const response = await app.request(path, {
            method,
            headers: { ...headers, Authorization: authorization },
            ...(method === 'GET' ? {} : { body, duplex: 'half' }),
          })

          assert.equal(response.status, 403, `${method} ${path}`)
          assert.match(
            await response.text(),
            /^the API takes no credentials from a browser, [^\n]+faas-cli[^\n]+\n$/,
          )
          assert.equal(response.headers.get('www-authenticate'), null)
          assert.equal(isRead, false)
        }
      }
    })

    it(`is not asked for a password from ${what}`, async () => {
      const { app } = testApp()
      for (const [method, path] of ROUTES) {
        const response = await app.request(path, { method, headers })

        assert.equal(response.status, 401)
        assert.equal(response.headers.get('www-authenticate'), null)
      }
    })
  }

  it('is written down with what it tried, also where it only reads, and never with credentials', async () => {
    const { app, log } = testApp()
    for (const method of ['GET', 'POST']) {
      await app.request('/system/secrets', {
        method,
        headers: { Authorization: ADMIN, Origin: 'https://evil.example' },
      })
    }

    const lines = log.named('audit')
    assert.deepEqual(
      lines.map(({ fields }) => [fields['action'], fields['status'], fields['refused'], fields['user']]),
      [
        ['GET /system/secrets', 403, 'browser', null],
        ['POST /system/secrets', 403, 'browser', null],
      ],
    )
    assert.doesNotMatch(JSON.stringify(lines), /secret"|YWRtaW/)
  })

  it('takes no turn among those who guess passwords', async () => {
    const { app } = testApp()
    const headers = { Authorization: 'Basic YWRtaW46d3Jvbmc=', Origin: 'https://evil.example' }
    for (let guess = 0; guess < 100; guess += 1) await app.request('/system/info', { headers })

    assert.equal((await app.request('/system/info', { headers: { Authorization: ADMIN } })).status, 200)
  })

  it('sees public pages, which ask for nothing and lead to no function', async () => {
    const { app, ask } = testApp()
    await ask('POST', '/system/functions', { service: 'shown', image: 'a' })
    for (const path of ['/ui/', '/openapi.json', '/healthz']) {
      const response = await app.request(path, {
        headers: { 'User-Agent': CHROMIUM, 'Sec-Fetch-Site': 'none' },
      })

      assert.equal(response.status, 200, path)
      assert.doesNotMatch(await response.text(), /shown|href/)
    }
    assert.equal((await app.request('/ui/x', { headers: { 'User-Agent': CHROMIUM } })).status, 404)
  })

  it('gets no challenge for what is not there either', async () => {
    const { app } = testApp()
    const headers = { 'User-Agent': CHROMIUM, Authorization: ADMIN }

    for (const [method, path, status] of [
      ['GET', '/system/nothing', 404],
      ['PATCH', '/system/functions', 405],
      ['OPTIONS', '/system/functions', 405],
    ] as const) {
      const response = await app.request(path, { method, headers })
      assert.equal(response.status, status)
      assert.equal(response.headers.get('www-authenticate'), null)
      assert.equal(response.headers.get('access-control-allow-origin'), null)
    }
  })
})

describe('a program at the API', () => {
  for (const [what, headers] of Object.entries(FROM_PROGRAMS)) {
    it(`a program at the API that sends ${what} is let in, and challenged without credentials`, async () => {
      const { app } = testApp()

      const welcome = await app.request('/system/functions', {
        headers: { ...headers, Authorization: ADMIN },
      })
      const stranger = await app.request('/system/functions', { headers })

      assert.equal(welcome.status, 200)
      assert.equal(stranger.status, 401)
      const challenge = 'Referer' in headers ? null : 'Basic realm="Restricted"'
      assert.equal(stranger.headers.get('www-authenticate'), challenge)
    })
  }
})

describe('a request for another host', () => {
  it('is answered 421 before its credentials are looked at, with the setting that would let it in', async () => {
    const { app, log } = testApp({ hostNames: new HostNames({ listenHost: '127.0.0.1', allowed: [] }) })
    for (const path of ['/system/functions', '/healthz', '/openapi.json', '/ui/', '/']) {
      const response = await app.request(path, {
        headers: { Host: 'evil.example:8080', Authorization: ADMIN },
      })

      assert.equal(response.status, 421, path)
      assert.match(await response.text(), /"evil\.example:8080".*SAMPAN_ALLOWED_HOSTS/)
    }
    await app.request('/system/secrets', { method: 'POST', headers: { Host: 'evil.example' } })
    assert.equal(log.named('audit').at(-1)?.fields['status'], 421)
  })

  it('is served where the name is one of ours', async () => {
    const hostNames = new HostNames({ listenHost: '127.0.0.1', allowed: ['fn.example.org'] })
    const { app } = testApp({ hostNames })

    for (const host of ['fn.example.org', 'localhost:8080', 'gateway:8080', '127.0.0.1:8080']) {
      const response = await app.request('/system/info', { headers: { Host: host, Authorization: ADMIN } })
      assert.equal(response.status, 200, host)
    }
  })
})
