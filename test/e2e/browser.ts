import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { eventually } from '../fakes/eventually.ts'

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
  // What Chromium puts in the folder for temporary files goes with the profile.
  const environment = { ...process.env, TMPDIR: profile }
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
    const { stdout, stderr } = await run([...common, '--dump-dom', url], environment)
    if (picture !== undefined) await run([...common, `--screenshot=${picture}`, url], environment)
    return { dom: stdout, console: stderr.split('\n').filter((line) => line.includes(':CONSOLE')) }
  } finally {
    // Chromium's reporter of crashes is in no group of ours; it ends a moment after the browser.
    await rm(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Resolves when the browser has ended, and its whole group of processes. */
async function run(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  // Detached: its processes are a group then.
  const browser = spawn('chromium', args, {
    detached: true,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
  })
  const ended = Promise.all([once(browser, 'exit'), text(browser.stdout), text(browser.stderr)])
  const [[code], stdout, stderr] = await ended.catch((cause: unknown) => {
    throw new Error('the tests of /ui/ need the command chromium (Debian package chromium)', { cause })
  })
  await eventually(
    async () => !(await isGroupAlive(browser.pid)),
    10_000,
    'the browser left no process behind',
  )
  assert.equal(code, 0, stderr)
  return { stdout, stderr }
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
