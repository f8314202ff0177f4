import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { seen } from './browser.ts'
import { DaemonProcess } from './daemon-process.ts'

describe('the page at /ui/ in a browser', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start()
  })
  after(() => daemon[Symbol.asyncDispose]())

  async function url(path: string): Promise<string> {
    const [, login = ''] = (await daemon.authorization()).split(' ')
    const [user = '', password = ''] = Buffer.from(login, 'base64').toString().split(':')
    return daemon.url.replace('://', `://${user}:${encodeURIComponent(password)}@`) + path
  }

  it('says what is deployed, in a table with links, and nothing of it is blocked', async () => {
    await daemon.deploy({ service: 'shown', image: await testImage('fn') })
    assert.equal((await daemon.call('shown')).status, 200)

    const { dom, console } = await seen(await url('/ui/'), process.env['SAMPAN_TEST_PICTURE'])

    assert.match(dom, /<title>Sampan<\/title>/)
    assert.match(dom, /<h2>openfaas-fn<\/h2>/)
    assert.match(dom, /<td><a href="\/function\/shown\.openfaas-fn">shown<\/a><\/td>/)
    assert.match(dom, /<td>1 \/ 1<\/td>/)
    assert.deepEqual(console, [])
  })

  it('the page at /ui/ is where the bare address leads', async () => {
    const { dom } = await seen(await url('/'))

    assert.match(dom, /<h1>Sampan<\/h1>/)
  })

  it('shows nothing to a stranger', async () => {
    const { dom } = await seen(`${daemon.url}/ui/`)

    assert.doesNotMatch(dom, /openfaas-fn|shown/)
  })
})
