import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { inBrowser, REBOUND } from './browser.ts'
import { DaemonProcess } from './daemon-process.ts'

describe('a browser on the machine of the gateway', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start()
    await daemon.deploy({ service: 'shown', image: await testImage('fn') })
  })
  after(() => daemon[Symbol.asyncDispose]())

  it('is led to a page that asks for no password and needs nothing that is blocked', async () => {
    await inBrowser(async (page) => {
      await page.goto(`${daemon.url}/`)
      const picture = process.env['SAMPAN_TEST_PICTURE']
      if (picture !== undefined) await page.picture(picture)

      assert.equal(await page.evaluate('location.pathname'), '/ui/')
      assert.match(await page.text(), /^Sampan\n[^]*faas-cli list/)
      assert.deepEqual([page.dialogs, page.console], [[], []])
    })
  })

  it('is led to no function, and told of none, whoever sits before it', async () => {
    const [, login = ''] = (await daemon.authorization()).split(' ')
    const [user = '', password = ''] = Buffer.from(login, 'base64').toString().split(':')
    await inBrowser(async (page) => {
      await page.goto(daemon.url.replace('://', `://${user}:${encodeURIComponent(password)}@`).concat('/ui/'))

      assert.equal(await page.evaluate('document.links.length + document.forms.length'), 0)
      assert.doesNotMatch(String(await page.evaluate('document.documentElement.outerHTML')), /shown/)
    })
  })

  it('shows nothing to a page that gave its own name the address of this machine', async () => {
    assert.equal((await daemon.call('shown')).status, 200)
    await inBrowser(async (page) => {
      for (const url of [daemon.url, daemon.metricsUrl]) {
        for (const path of ['/function/shown/', '/openapi.json', '/metrics']) {
          await page.goto(url.replace('127.0.0.1', REBOUND) + path)

          assert.match(await page.text(), /^this gateway does not answer to the name|^404 page not found/)
        }
      }
      await page.goto(`${daemon.url}/function/shown/`)
      assert.match(await page.text(), /"method":"GET"/)
    })
  })
})
