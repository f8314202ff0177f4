import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { networkInterfaces } from 'node:os'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { inBrowser } from './browser.ts'
import { freePort } from '../fixtures/free-port.ts'
import { DaemonProcess } from './daemon-process.ts'
import type { Page } from './page.ts'

// A function is written by somebody else, and its pages have the origin of the API. Browsers treat a loopback
// address otherwise than any other one over plain HTTP: service workers and `Sec-Fetch-*` are only there.

const LOOPBACK = '127.0.0.1'

/** An address of this machine that is not loopback: of the network card, or of a bridge of Docker. */
function otherAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? [])
  const found = all.find(({ family, internal }) => family === 'IPv4' && !internal)
  return found?.address ?? assert.fail('this machine has no address but loopback')
}

const OUR_REALMS = ['Restricted', 'RESTRICTED']

describe('a hostile page in the browser of the admin', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  let port: number
  let user: string
  let password: string

  before(async () => {
    port = await freePort()
    daemon = await DaemonProcess.start({ SAMPAN_LISTEN: `0.0.0.0:${port}` })
    const [, login = ''] = (await daemon.authorization()).split(' ')
    ;[user = '', password = ''] = Buffer.from(login, 'base64').toString().split(':')
    for (const service of ['evil', 'other']) await daemon.deploy({ service, image: await testImage('fn') })
    for (const name of ['evil', 'other']) assert.equal((await daemon.call(name)).status, 200)
    await daemon.must('POST', '/system/secrets', { name: 'jewel', value: 'v' })
  })
  after(() => daemon[Symbol.asyncDispose]())

  /** What the admin can do to log in: he types the address with his credentials. */
  async function logIn(page: Page, base: string): Promise<void> {
    const own = base.replace('://', `://${user}:${encodeURIComponent(password)}@`)
    for (const path of ['/ui/', '/system/functions']) await page.goto(own + path)
  }

  /** Where the function `evil` answers with these header lines. */
  function answering(status: number, lines: readonly string[], body = '<h1>evil</h1>'): string {
    const set = lines.map((line) => `set=${encodeURIComponent(line)}`).join('&')
    return `/function/evil/headers?status=${status}&body=${encodeURIComponent(body)}&${set}`
  }

  async function stolen(): Promise<readonly unknown[]> {
    const answers = ['evil', 'other'].map(async (name) => (await daemon.call(`${name}/credentials`)).json())
    return ((await Promise.all(answers)) as unknown[][]).flat()
  }

  /** Names of what the API has, by the API itself. */
  async function named(path: string): Promise<readonly string[]> {
    const listed = (await (await daemon.api('GET', path)).json()) as { readonly name: string }[]
    return listed.map(({ name }) => name).toSorted()
  }

  for (const address of [LOOPBACK, otherAddress()]) {
    const where = address === LOOPBACK ? 'on loopback' : 'on a network'
    let base: string
    before(() => (base = `http://${address}:${port}`))

    it(`gets no password by a challenge for our realm, ${where}`, async () => {
      await inBrowser(async (page) => {
        await logIn(page, base)
        for (const realm of OUR_REALMS) {
          for (const scheme of ['Basic', 'bAsIc']) {
            await page.goto(base + answering(401, [`WWW-Authenticate: ${scheme} realm="${realm}"`]))
          }
        }
        await page.goto(`${base}/function/other/`)

        assert.deepEqual(await stolen(), [])
      })
    })

    it(`gets no password that the admin types into the dialog of a function, ${where}`, async () => {
      await inBrowser(async (page) => {
        page.typed = { username: user, password }
        await page.goto(base + answering(401, ['WWW-Authenticate: Basic realm="Your gateway"']))
        assert.equal(page.typed, null, 'the dialog was there')
        await page.goto(`${base}/function/evil/`)

        assert.deepEqual(await stolen(), [])
      })
    })

    it(`cannot use the API by its script, with cached credentials or given ones, ${where}`, async () => {
      await inBrowser(async (page) => {
        await logIn(page, base)
        await page.goto(base + answering(200, ['Content-Type: text/html']))
        const authorization = `headers: { Authorization: ${JSON.stringify(await daemon.authorization())} }`
        const deployment = JSON.stringify(
          JSON.stringify({ service: 'by-script', image: await testImage('fn') }),
        )
        const status = async (options: string, path = '/system/secrets'): Promise<unknown> =>
          await page.evaluate(`fetch('${path}', { ${options} }).then((answer) => answer.status)`)

        assert.equal(await status(''), 401)
        assert.equal(await status(`referrerPolicy: 'no-referrer'`), 401)
        assert.equal(await status(authorization), 403)
        assert.equal(await status(`referrerPolicy: 'no-referrer', ${authorization}`), 403)
        for (const method of ['POST', 'PUT']) {
          const change = `method: '${method}', body: ${deployment}`
          assert.equal(await status(change, '/system/functions'), 401)
          assert.equal(await status(`${change}, ${authorization}`, '/system/functions'), 403)
        }
        const named401 = `new Promise((resolve) => {
          const request = new XMLHttpRequest()
          request.onloadend = () => resolve(request.status)
          request.open('GET', '/system/secrets', true, ${JSON.stringify(user)}, ${JSON.stringify(password)})
          request.send()
        })`
        assert.ok([401, 403].includes(Number(await page.evaluate(named401))))
        assert.deepEqual(await named('/system/functions'), ['evil', 'other'])
      })
    })

    it(`gains nothing at the API by cookies for the whole origin, ${where}`, async () => {
      await inBrowser(async (page) => {
        await page.goto(base + answering(200, ['Content-Type: text/html', 'Set-Cookie: a=b; Path=/']))
        await page.evaluate(`document.cookie = 'session=1; path=/system'`)

        assert.equal(await page.evaluate(`fetch('/system/secrets').then((answer) => answer.status)`), 401)
        assert.match(String(await page.evaluate('document.cookie')), /a=b/)
      })
    })

    it(`cannot deploy or store anything by a form of another site, ${where}`, async () => {
      const forms = createServer((_req, res) =>
        res.setHeader('Content-Type', 'text/html').end('<h1>a site</h1>'),
      )
      forms.listen(0, LOOPBACK)
      await once(forms, 'listening')
      try {
        await inBrowser(async (page) => {
          const bodies = [
            ['/system/functions', { service: 'by-form', image: await testImage('fn') }],
            ['/system/secrets', { name: 'by-form', value: 'v' }],
            ['/system/scale-function/other', { serviceName: 'other', replicas: 0 }],
            ['/system/namespace/by-form', { name: 'by-form', annotations: { openfaas: 'true' } }],
          ] as const
          for (const [path, body] of bodies) {
            await logIn(page, base)
            await page.goto(`http://localhost:${(forms.address() as AddressInfo).port}/`)
            await page.leaveBy(submit(base + path, body))

            assert.match(await page.text(), /^(invalid credentials|the API takes no credentials)/, path)
          }
          assert.deepEqual(await named('/system/functions'), ['evil', 'other'])
          assert.deepEqual(await named('/system/secrets'), ['jewel'])
          assert.deepEqual(await (await daemon.api('GET', '/system/namespaces')).json(), ['openfaas-fn'])
        })
      } finally {
        forms.closeAllConnections()
        forms.close()
      }
    })
  }

  it('cannot govern more than its own path by a service worker', async () => {
    const base = `http://${LOOPBACK}:${port}`
    const script = (path: string, ...lines: string[]): string => {
      const set = ['Content-Type: text/javascript', ...lines].map((line) => `set=${encodeURIComponent(line)}`)
      return `${path}?body=${encodeURIComponent('// a worker')}&${set.join('&')}`
    }
    await inBrowser(async (page) => {
      await page.goto(base + answering(200, ['Content-Type: text/html']))
      const register = async (url: string, scope: string): Promise<unknown> =>
        await page.evaluate(
          `navigator.serviceWorker.register('${url}', { scope: '${scope}' })` +
            `.then(({ scope }) => new URL(scope).pathname, (error) => error.name)`,
        )
      const allowed = script('/function/evil/headers', 'Service-Worker-Allowed: /')

      assert.equal(await register(allowed, '/'), 'SecurityError')
      assert.equal(await register(allowed, '/function/'), 'SecurityError')
      assert.equal(await register(script('/function/evil'), '/function/'), 'TypeError')
      assert.equal(await register(script('/function/evil.openfaas-fn'), '/function/other/'), 'TypeError')
      // One of its own is a function's good right.
      assert.equal(await register(allowed, '/function/evil/'), '/function/evil/')
    })
  })
})

/** Script that sends JSON by a form as a browser lets any page do it: `name=value` in plain text. */
function submit(action: string, body: object): string {
  const text = `${JSON.stringify(body).slice(0, -1)},"x":"`
  return `
    const form = document.createElement('form')
    Object.assign(form, { action: ${JSON.stringify(action)}, method: 'post', enctype: 'text/plain' })
    const field = document.createElement('input')
    Object.assign(field, { name: ${JSON.stringify(text)}, value: '"}' })
    form.append(field)
    document.body.append(form)
    form.submit()`
}
