import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { eventually } from '../fakes/eventually.ts'
import { DevTools } from './devtools.ts'
import { Page } from './page.ts'

/** A name that a stranger has given the address of this machine (DNS rebinding). */
export const REBOUND = 'rebound.example'

const SWITCHES = [
  '--headless=new',
  // Chromium's own sandbox does not run as root. What is opened here is our own.
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--no-first-run',
  '--window-size=900,600',
  '--remote-debugging-port=0',
  // What the owner of a name may say of it.
  `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`,
]

/** A real Chromium with a profile of its own. Closing it checks that no process is left. */
export class Browser {
  readonly #process: ChildProcess
  readonly #profile: string
  readonly #devTools: DevTools

  private constructor(process: ChildProcess, profile: string, devTools: DevTools) {
    this.#process = process
    this.#profile = profile
    this.#devTools = devTools
  }

  static async open(): Promise<Browser> {
    const profile = await mkdtemp(join(tmpdir(), 'sampan-browser-'))
    // Detached: its processes are a group then.
    const browser = spawn('chromium', [...SWITCHES, `--user-data-dir=${profile}`], {
      detached: true,
      // What Chromium puts in the folder for temporary files goes with the profile.
      env: { ...process.env, TMPDIR: profile },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    try {
      return new Browser(browser, profile, await DevTools.connect(await addressOf(browser)))
    } catch (error) {
      await end(browser, profile)
      throw error
    }
  }

  /** An empty page. All pages share cookies and cached credentials. */
  async page(): Promise<Page> {
    return await Page.open(this.#devTools)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#devTools.close()
    await end(this.#process, this.#profile)
  }
}

/** Where the browser says that it listens. */
async function addressOf({ stderr, pid }: ChildProcess): Promise<string> {
  if (stderr === null || pid === undefined)
    throw new Error('these tests need the command chromium (Debian package chromium)')
  const seen: string[] = []
  const lines = createInterface({ input: stderr })
  for await (const line of lines) {
    const address = /^DevTools listening on (\S+)/.exec(line)?.[1]
    if (address !== undefined) {
      // Whatever else it writes must not fill the pipe.
      stderr.resume()
      return address
    }
    seen.push(line)
  }
  throw new Error(`chromium did not start:\n${seen.join('\n')}`)
}

async function end(browser: ChildProcess, profile: string): Promise<void> {
  try {
    if (browser.pid === undefined) return
    if (browser.exitCode === null && browser.kill('SIGTERM')) await once(browser, 'exit')
    await eventually(
      async () => !(await isGroupAlive(browser.pid)),
      10_000,
      'the browser left no process behind',
    )
  } finally {
    // Chromium's reporter of crashes is in no group of ours; it ends a moment after the browser.
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Who has ended and is only not yet asked for his status does not count. */
async function isGroupAlive(group: number | undefined): Promise<boolean> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const stats = await Promise.all(
    processes.map((pid) => readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')),
  )
  // After the name in brackets: state, parent, group.
  return stats.some((stat) => {
    const [state, , its] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return Number(its) === group && state !== 'Z'
  })
}

/** What `use` needs of a browser, and nothing of it afterwards. */
export async function inBrowser(use: (page: Page) => Promise<void>): Promise<void> {
  const browser = await Browser.open()
  try {
    const page = await browser.page()
    await use(page)
    assert.deepEqual(page.failures, [])
  } finally {
    await browser[Symbol.asyncDispose]()
  }
}
