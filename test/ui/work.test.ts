import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { goTo, UiRig } from '../fixtures/ui/browser.ts'

const FN = '/ui/functions/openfaas-fn/thumbnail'

describe('work on the web page', () => {
  let rig: UiRig
  let page: Page

  before(async () => {
    rig = await UiRig.start()
    page = await rig.signedIn()
  })

  after(() => rig.close())

  const lastTo = (path: RegExp, method = 'POST') =>
    rig.fake.seen.findLast((seen) => seen.method === method && path.test(seen.url))

  async function call(target: string): Promise<void> {
    await page.getByLabel('Path and query').fill(target)
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await page
      .getByRole('region', { name: 'Answer' })
      .getByText(/20[02] /)
      .waitFor()
  }

  it('sends method, raw path, any header and body, and never the session to a function', async () => {
    await goTo(page, FN)
    await page.getByRole('combobox', { name: 'Method' }).selectOption('PUT')
    await page.getByRole('button', { name: 'Header', exact: true }).click()
    await page.getByLabel('Header 1, name').fill('Cookie')
    await page.getByLabel('Header 1, value').fill('a=b')
    await page.getByLabel('Body', { exact: true }).fill('the body')
    await call('/a%2Fb?x=1')
    const sent = lastTo(/\/system\/call\/thumbnail\.openfaas-fn$/)
    assert.equal(sent?.headers['sampan-call-method'], 'PUT')
    assert.equal(sent?.headers['sampan-call-target'], '/a%2Fb?x=1')
    const headers = Buffer.from(String(sent?.headers['sampan-call-headers']), 'base64url').toString()
    assert.deepEqual(JSON.parse(headers), [['Cookie', 'a=b']])
    assert.equal(sent?.body, 'the body')
    const kept = await page.evaluate('JSON.stringify(localStorage)')
    assert.ok(!String(kept).includes('a=b'), 'the value of a cookie is kept nowhere')
  })

  it('draws JSON, bytes, a picture and a page by their type, and runs nothing of them', async () => {
    const answer = page.getByRole('region', { name: 'Answer' })
    await call('/json')
    await answer.locator('.k').first().waitFor()
    await call('/bytes')
    await answer.getByText('0000  00 01 02 62').waitFor()
    await call('/svg')
    await answer.getByRole('img').waitFor()
    await call('/html')
    await page.evaluate(
      `addEventListener('message', (event) => { if (event.data === 'ran') document.title = 'ran' })`,
    )
    await answer.getByRole('button', { name: 'Show as page' }).click()
    await page.frameLocator('iframe').getByRole('heading', { name: 'Hello' }).waitFor()
    assert.notEqual(await page.title(), 'ran')
    assert.equal(rig.fake.seen.filter((seen) => seen.url.includes('leak')).length, 0)
  })

  it('a call that takes long can be cancelled', async () => {
    await page.getByLabel('Path and query').fill('/slow')
    await page.getByRole('button', { name: 'Call', exact: true }).click()
    await page.getByRole('button', { name: /^Cancel/ }).click()
    await page.getByRole('alert').getByText('Cancelled').waitFor()
  })

  it('logs are text, found by a search, paused and gone on with', async () => {
    await goTo(page, `${FN}/logs`)
    const lines = page.getByRole('region', { name: 'Log lines' })
    await lines.getByText('<script>alert(1)</script>').first().waitFor()
    await page.getByLabel('Search in logs').fill('avif')
    await page.getByText(/of 40 lines match/).waitFor()
    await lines.getByText('cache: 812').first().waitFor({ state: 'detached' })
    assert.equal(await lines.getByText('cache: 812').count(), 0)
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('paused', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Go on' }).click()
    await page.getByText('live', { exact: true }).last().waitFor()
  })

  it('goes back to a revision after it showed what goes with that', async () => {
    await goTo(page, `${FN}/revisions`)
    await page.getByRole('button', { name: 'Go back to r5' }).click()
    await page.getByRole('dialog').getByText('r7: image, environment: QUALITY').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Go back' }).click()
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal(lastTo(/\/rollback/)?.body, JSON.stringify({ revision: 5, namespace: 'openfaas-fn' }))
  })

  it('changes one value of the environment and sends the rest as it was', async () => {
    await goTo(page, '/ui/deploy?from=openfaas-fn%2Fthumbnail')
    await page.getByLabel('Variable 1, value').fill('90')
    await page.getByText('~ QUALITY another value').waitFor()
    await page.getByRole('button', { name: 'Deploy', exact: true }).click()
    await page.waitForURL(/functions\/openfaas-fn\/thumbnail$/)
    const body = JSON.parse(lastTo(/\/system\/functions$/, 'PUT')?.body ?? '{}')
    assert.deepEqual(
      [body.envVars, body.limits, body.secrets],
      [{ QUALITY: '90', FORMATS: 'webp,png' }, { memory: '128Mi', cpu: '500m' }, ['s3-key']],
    )
  })

  it('what the daemon refuses stands beside the form, and nothing that was typed is lost', async () => {
    await goTo(page, '/ui/deploy')
    await page.getByLabel('Name', { exact: true }).fill('fresh')
    await page.getByLabel('Image', { exact: true }).fill('BAD IMAGE')
    await page.getByRole('button', { name: 'Deploy', exact: true }).click()
    await page.getByRole('alert').getByText('image: is no reference of an image').waitFor()
    assert.equal(await page.getByLabel('Image', { exact: true }).inputValue(), 'BAD IMAGE')
    page.once('dialog', (dialog) => void dialog.accept())
    await page.getByRole('link', { name: 'Queue', exact: false }).first().click()
    await page.getByRole('heading', { name: 'Queue', exact: true }).waitFor()
  })

  it('a stack file shows its plan before anything changes', async () => {
    await page
      .locator('#stack-file')
      .setInputFiles({ name: 'stack.yml', mimeType: 'text/yaml', buffer: Buffer.from('functions: {}') })
    const dialog = page.getByRole('dialog')
    await dialog.getByText('memory 128Mi → 256Mi').waitFor()
    await dialog.getByText('cannot, line 12').waitFor()
    assert.match(lastTo(/stack/)?.url ?? '', /dryRun=1/)
    await dialog.getByRole('checkbox', { name: 'fresh' }).uncheck()
    await dialog.getByRole('button', { name: 'Deploy 1' }).click()
    await dialog.waitFor({ state: 'detached' })
    assert.match(lastTo(/stack/)?.url ?? '', /only=thumbnail$/)
  })

  it('replays one dead letter, then all that match after it said how many', async () => {
    await goTo(page, '/ui/queue/dead')
    await page.getByRole('button', { name: /^Replay 01JDQ11/ }).click()
    await page.getByRole('button', { name: 'Replay the 2 that match' }).click()
    await page.getByRole('dialog').getByText('Replay 2 dead letters').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Replay', exact: true }).click()
    await page.getByText('No dead letter').waitFor()
  })

  it('removing a function wants its name typed', async () => {
    await goTo(page, FN)
    await page.getByRole('button', { name: 'More actions' }).click()
    await page.getByRole('button', { name: 'Remove', exact: true }).click()
    const dialog = page.getByRole('dialog')
    assert.equal(await dialog.getByRole('button', { name: 'Remove' }).isEnabled(), false)
    await dialog.getByRole('textbox').fill('thumbnail')
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await page.getByRole('heading', { name: 'Functions' }).waitFor()
    assert.equal(
      lastTo(/\/system\/functions$/, 'DELETE')?.body,
      JSON.stringify({ functionName: 'thumbnail', namespace: 'openfaas-fn' }),
    )
  })
})
