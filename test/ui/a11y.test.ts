import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { after, before, describe, it } from 'node:test'
import type { Page } from 'playwright-core'
import { goTo, UiRig } from '../fixtures/ui/browser.ts'
import { PLACES } from '../fixtures/ui/places.ts'

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RUN = `axe.run({ resultTypes: ['violations'] }).then(({ violations }) => violations.map((one) =>
  one.id + ': ' + one.nodes.map((node) => node.html.slice(0, 160)).slice(0, 4).join(' | ')))`

async function violations(page: Page): Promise<readonly string[]> {
  return (await page.evaluate(RUN)) as string[]
}

describe('accessibility of the web page', () => {
  let rig: UiRig

  before(async () => {
    rig = await UiRig.start()
  })

  after(() => rig.close())

  for (const theme of ['light', 'dark'] as const) {
    for (const width of [1280, 390]) {
      it(`axe-core finds nothing on any page, ${theme}, ${width} px`, async () => {
        const page = await rig.open({ theme, width, bypassCSP: true })
        await page.getByLabel('Password').waitFor()
        await page.evaluate(AXE)
        const found: string[] = (await violations(page)).map((one) => `sign-in ${one}`)
        await page.getByLabel('Password').fill('correct horse')
        await page.getByRole('button', { name: 'Sign in' }).click()
        for (const place of PLACES) {
          await goTo(page, place.path)
          await page.getByText(place.ready).locator('visible=true').first().waitFor()
          await place.prepare?.(page)
          found.push(...(await violations(page)).map((one) => `${place.name} ${one}`))
          await page.keyboard.press('Escape')
        }
        assert.deepEqual(found, [])
        await page.context().close()
      })
    }
  }

  it('the keyboard alone signs in, finds a function, calls it, reads its logs and comes back', async () => {
    const page = await rig.open()
    await page.getByLabel('User').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.type('correct horse')
    await page.keyboard.press('Enter')
    await page.getByRole('link', { name: 'thumbnail' }).waitFor()
    await page.keyboard.press('/')
    await page.keyboard.type('thumb')
    await page.getByRole('link', { name: 'sensor-in' }).waitFor({ state: 'detached' })
    await page.evaluate('document.activeElement.blur()')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: 'thumbnail' }).waitFor()
    await page.keyboard.press('c')
    await page.keyboard.type('/json')
    await page.keyboard.press('Control+Enter')
    await page.getByText('200 OK').waitFor()
    await page.evaluate('document.activeElement.blur()')
    await page.keyboard.press('l')
    await page.waitForURL(/\/logs$/)
    await page.keyboard.press('g')
    await page.keyboard.press('f')
    await page.getByRole('heading', { name: 'Functions' }).waitFor()
    await page.context().close()
  })

  it('at 400 % zoom no page scrolls sideways', async () => {
    const page = await rig.signedIn({ width: 320, height: 256 })
    for (const place of PLACES) {
      await goTo(page, place.path)
      await page.getByText(place.ready).first().waitFor({ state: 'attached' })
      const overflow = Number(await page.evaluate('document.documentElement.scrollWidth - innerWidth'))
      assert.ok(overflow <= 0, `${place.name} is ${overflow} px too wide`)
    }
    await page.context().close()
  })
})
