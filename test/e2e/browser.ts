import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** What Chromium makes of a page. */
export interface SeenPage {
  /** The document after parsing, as HTML. */
  readonly dom: string
  /** What the page and the browser wrote to the console: blocked styles and scripts among it. */
  readonly console: readonly string[]
}

/** Opens `url` (credentials may stand in it) in a real browser with a profile of its own. A picture goes to `picture` where one is wanted. */
export async function seen(url: string, picture?: string): Promise<SeenPage> {
  const profile = await mkdtemp(join(tmpdir(), 'sampan-browser-'))
  const common = [
    '--headless=new',
    // Chromium's own sandbox does not run as root. What is opened here is our own page.
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--no-first-run',
    `--user-data-dir=${profile}`,
    '--enable-logging=stderr',
    '--window-size=900,600',
  ]
  try {
    const { stdout, stderr } = await run('chromium', [...common, '--dump-dom', url], { timeout: 60_000 })
    if (picture !== undefined)
      await run('chromium', [...common, `--screenshot=${picture}`, url], { timeout: 60_000 })
    return { dom: stdout, console: stderr.split('\n').filter((line) => line.includes(':CONSOLE')) }
  } finally {
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
