import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { goTo, signIn, UiRig } from '../fixtures/ui/browser.ts'
import { overviewRows } from '../fixtures/ui/fake-data.ts'
import { PLACES } from '../fixtures/ui/places.ts'

// The page alone, in a real browser, with a fake daemon that answers by the contract.

describe('the web page and the daemon', () => {
  let rig: UiRig

  before(async () => {
    rig = await UiRig.start()
  })

  after(() => rig.close())

  it('a wrong password says so, too many say how long to wait, and the right one leads to the overview', async () => {
    const page = await rig.open()
    await signIn(page, 'wrong')
    await page.getByText('User or password is wrong.').waitFor()
    for (let i = 0; i < 3; i += 1) {
      await signIn(page, 'wrong')
      await page.getByRole('button', { name: 'Sign in' }).and(page.locator(':enabled')).waitFor()
    }
    await page.getByText('Try again in 7 s.').waitFor()
    rig.fake.forgive()
    await signIn(page)
    await page.getByRole('link', { name: 'thumbnail' }).waitFor()
    await page.reload()
    await page.getByRole('link', { name: 'thumbnail' }).waitFor()
    await page.context().close()
  })

  it('a new tab takes the session over, and signing out ends it in both', async () => {
    const page = await rig.signedIn()
    const other = await page.context().newPage()
    await other.goto(`${rig.url}/ui/`)
    await other.getByRole('link', { name: 'thumbnail' }).waitFor()
    await other.getByRole('button', { name: 'Sign out' }).first().click()
    for (const tab of [page, other]) await tab.getByLabel('Password').waitFor()
    await page.context().close()
  })

  it('a session that ends in the middle of work keeps what was typed, and goes on after a new sign-in', async () => {
    const page = await rig.signedIn({}, '/ui/deploy')
    await page.getByLabel('Name', { exact: true }).fill('half-typed')
    rig.fake.state.tokens.clear()
    rig.fake.changed()
    await page.getByRole('dialog').getByLabel('Password').waitFor()
    await signIn(page)
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'half-typed')
    await page.context().close()
  })

  it('a daemon that does not answer is told with the age of what is shown, and no button changes anything', async () => {
    const page = await rig.signedIn()
    await page.getByRole('link', { name: 'thumbnail' }).click()
    await page.getByRole('button', { name: 'Scale' }).waitFor()
    rig.fake.state.isDead = true
    await page.getByText(/No answer from pi-kitchen for .* What you see is from/).waitFor()
    assert.equal(await page.getByRole('button', { name: 'Scale' }).isEnabled(), false)
    rig.fake.state.isDead = false
    await page.evaluate(`dispatchEvent(new Event('online'))`)
    await page.getByText(/No answer from/).waitFor({ state: 'detached' })
    assert.equal(await page.getByRole('button', { name: 'Scale' }).isEnabled(), true)
    await page.context().close()
  })

  it('an older daemon that knows only names has dashes, and one that has no doctor says so', async () => {
    const { rows } = rig.fake.state
    rig.fake.state.isOld = true
    rig.fake.changed()
    const page = await rig.signedIn()
    const row = page.getByRole('row', { name: /hello/ })
    await row.waitFor()
    assert.match((await row.innerText()).replace(/\s+/g, ' '), /hello – – –\/– – – – –/)
    await goTo(page, '/ui/system')
    await page.getByText('this daemon has no doctor').waitFor()
    Object.assign(rig.fake.state, { isOld: false, rows })
    rig.fake.changed()
    await page.context().close()
  })

  it('a daemon without an overview shows its list of functions', async () => {
    rig.fake.state.hasOverview = false
    const page = await rig.signedIn()
    const row = page.getByRole('row', { name: /thumbnail/ })
    await row.getByText('3/3', { exact: true }).waitFor()
    await row.getByText('ready').locator('visible=true').waitFor()
    rig.fake.state.hasOverview = true
    await page.context().close()
  })

  it('an empty host, an engine that is away and a request that fails each say what to do', async () => {
    const { rows, engine } = rig.fake.state
    Object.assign(rig.fake.state, { rows: [], engine: { ok: false, reason: 'no socket' }, fails: /secrets/ })
    rig.fake.changed()
    const page = await rig.signedIn()
    await page.getByText('Nothing runs here yet.').waitFor()
    await page.getByText('no socket').waitFor()
    await goTo(page, '/ui/secrets')
    await page.getByText('the registry cannot be read: disk I/O error').waitFor()
    rig.fake.state.fails = undefined
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByRole('row', { name: /s3-key/ }).waitFor()
    Object.assign(rig.fake.state, { rows, engine })
    rig.fake.changed()
    await page.context().close()
  })

  it('a thousand functions draw only the rows near the screen, and all can be reached', async () => {
    const { rows } = rig.fake.state
    rig.fake.state.rows = overviewRows(1000)
    rig.fake.changed()
    const page = await rig.signedIn({}, '/ui/?sort=name')
    await page.getByRole('link', { name: 'env', exact: true }).waitFor()
    assert.ok((await page.getByRole('row').count()) < 250)
    await page.evaluate('scrollTo(0, document.body.scrollHeight)')
    await page.getByRole('link', { name: 'webhook-github-989', exact: true }).waitFor()
    rig.fake.state.rows = rows
    rig.fake.changed()
    await page.context().close()
  })

  it('a walk through all pages asks nobody else for anything, breaks no policy and cuts nothing off', async () => {
    rig.complaints.length = 0
    for (const width of [1280, 390]) {
      const page = await rig.signedIn({ width })
      for (const place of PLACES) {
        await goTo(page, place.path)
        await page.getByText(place.ready).locator('visible=true').first().waitFor()
        await place.prepare?.(page)
        const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
        assert.ok(Number(overflow) <= 0, `${place.name} at ${width} px is ${String(overflow)} px too wide`)
        assert.equal(await page.locator('[style]').count(), 0, place.name)
        await page.keyboard.press('Escape')
      }
      await page.context().close()
    }
    assert.deepEqual(rig.complaints, [])
  })
})
