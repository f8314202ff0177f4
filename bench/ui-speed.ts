import type { Page } from 'playwright-core'
import { goTo, UiRig } from '../test/fixtures/ui/browser.ts'
import { overviewRows } from '../test/fixtures/ui/fake-data.ts'
import { logLines } from '../test/fixtures/ui/fake-details.ts'

// The page with a thousand functions and a hundred thousand log lines, in Debian's Chromium: first paint, the longest task
// while scrolling, elements and memory. `node dist/bench/ui-speed.js`; the figures are of this machine.

const FUNCTIONS = 1000
const LINES = 100_000

const WATCH = `window.longest = 0; new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration)
}).observe({ type: 'longtask' })`
const PAINT = `performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1`

/** Scrolls through all of `box` in forty steps, a frame each; answers with the longest task meanwhile, in ms (0: none over 50). */
const scrolled = (box: string): string => `(async () => {
  const box = ${box}; window.longest = 0
  for (let i = 0; i <= 40; i += 1) {
    box.scrollTop = box.scrollHeight * i / 40
    await new Promise((next) => requestAnimationFrame(() => setTimeout(next)))
  }
  return window.longest
})()`

async function megabytes(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page)
  await session.send('HeapProfiler.collectGarbage')
  const { usedSize } = await session.send('Runtime.getHeapUsage')
  return usedSize / 1024 / 1024
}

const figures: [string, string][] = []
const note = (name: string, value: unknown, unit: string): void => {
  figures.push([name, `${Math.round(Number(value))} ${unit}`])
}

const rig = await UiRig.start()
rig.fake.state.rows = overviewRows(FUNCTIONS)
rig.fake.state.logs = logLines(LINES)
const page = await rig.signedIn()
await page.getByRole('link', { name: 'thumbnail', exact: true }).waitFor()
await page.reload()
await page.getByRole('link', { name: 'thumbnail', exact: true }).waitFor()
note('first paint', await page.evaluate(PAINT), 'ms')
await page.evaluate(WATCH)
note(
  'overview, longest task while scrolling',
  await page.evaluate(scrolled('document.scrollingElement')),
  'ms',
)
note('overview, memory of scripts', await megabytes(page), 'MiB')
const startedMs = performance.now()
await goTo(page, '/ui/functions/openfaas-fn/thumbnail/logs')
await page.getByText(`${LINES.toLocaleString('en-US')} lines`).waitFor({ timeout: 60_000 })
note('100,000 lines shown after', performance.now() - startedMs, 'ms')
note(
  'logs, longest task while scrolling',
  await page.evaluate(scrolled(`document.querySelector('.log-lines')`)),
  'ms',
)
note('logs, elements', await page.evaluate(`document.querySelectorAll('*').length`), '')
note('logs, memory of scripts', await megabytes(page), 'MiB')
await rig.close()
for (const [name, value] of figures) process.stdout.write(`${name.padEnd(42)}${value}\n`)
