import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { inBrowser } from './browser.ts'
import { DaemonProcess } from './daemon-process.ts'

describe('the page at /ui/ in a browser', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start()
    await daemon.deploy({ service: 'shown', image: await testImage('fn') })
  })
  after(() => daemon[Symbol.asyncDispose]())

  it('is where the bare address leads, asks for no password, and nothing of it is blocked', async () => {
    await inBrowser(async (page) => {
      await page.goto(`${daemon.url}/`)
      const picture = process.env['SAMPAN_TEST_PICTURE']
      if (picture !== undefined) await page.picture(picture)

      assert.equal(await page.evaluate('location.pathname'), '/ui/')
      assert.match(await page.text(), /^Sampan\n[^]*faas-cli list/)
      assert.deepEqual([page.dialogs, page.console], [[], []])
    })
  })

  it('leads to no function and names none, whoever comes', async () => {
    const [, login = ''] = (await daemon.authorization()).split(' ')
    const [user = '', password = ''] = Buffer.from(login, 'base64').toString().split(':')
    await inBrowser(async (page) => {
      await page.goto(daemon.url.replace('://', `://${user}:${encodeURIComponent(password)}@`).concat('/ui/'))

      assert.equal(await page.evaluate('document.links.length + document.forms.length'), 0)
      assert.doesNotMatch(String(await page.evaluate('document.documentElement.outerHTML')), /shown/)
    })
  })
})
