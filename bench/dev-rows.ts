import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { DaemonProcess } from '../test/e2e/daemon-process.ts'
import { eventually } from '../test/fakes/eventually.ts'
import { templateBase } from '../test/fixtures/template-bases.ts'
import { median, quantile, type Row } from './table.ts'

const CLI = resolve(import.meta.dirname, '../src/cli/main.js')
const EDITS = 10
const LIMIT_MS = 60_000

const LANGUAGES = {
  node: { file: 'handler.js', says: (word: string) => `export default async () => '${word}'\n` },
  python: { file: 'handler.py', says: (word: string) => `def handle(request):\n    return '${word}'\n` },
} as const

/** A person's first minutes: from an empty folder to an answer, and from an edit to the next one. The base image is here. */
export async function devRows(): Promise<readonly Row[]> {
  const base = await templateBase('debian')
  if (base === null) return [{ what: '   sampan dev', measured: 'no base image here' }]
  await using daemon = await DaemonProcess.start({ SAMPAN_BUILD_NETWORK: 'none' })
  const rows: Row[] = []
  for (const lang of ['node', 'python'] as const) {
    const home = await mkdtemp(join(tmpdir(), 'sampan-bench-dev-'))
    try {
      rows.push(...(await rowsOf(daemon, { lang, home, base })))
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  }
  return rows
}

interface Place {
  readonly lang: keyof typeof LANGUAGES
  readonly home: string
  readonly base: string
}

async function rowsOf(daemon: DaemonProcess, { lang, home, base }: Place): Promise<readonly Row[]> {
  const env = { PATH: process.env['PATH'], HOME: home, OPENFAAS_URL: daemon.url }
  const start = (...words: readonly string[]) =>
    spawn(process.execPath, [CLI, ...words], { cwd: home, env, stdio: 'ignore' })
  const run = async (...words: readonly string[]): Promise<void> => {
    const [status] = (await once(start(...words), 'exit')) as [number | null]
    if (status !== 0) throw new Error(`sampan ${words.join(' ')} ended with ${status}`)
  }
  const answers = (is: (text: string) => boolean): Promise<void> =>
    eventually(async () => is(await (await daemon.call(lang)).text()), LIMIT_MS, `${lang} answers`)
  const password = (await readFile(join(daemon.dataDir, 'basic-auth-password'), 'utf8')).trim()
  await run('login', '--password', password)

  const beganMs = performance.now()
  await run('new', lang, '--lang', lang)
  await run('up', '--build-arg', `BASE_IMAGE=${base}`)
  await answers((text) => text.includes('Hello'))
  const upMs = performance.now() - beganMs

  const dev = start('dev', '--build-arg', `BASE_IMAGE=${base}`)
  try {
    const edits: number[] = []
    const { file, says } = LANGUAGES[lang]
    const edit = async (word: string): Promise<number> => {
      await writeFile(join(home, '.whole'), says(word))
      const startMs = performance.now()
      await rename(join(home, '.whole'), join(home, lang, file))
      await answers((text) => text.trim() === word)
      return performance.now() - startMs
    }
    // What is written while it is still built for the first time is not measured.
    await eventually(() => isMarked(daemon, lang), LIMIT_MS, 'dev has begun')
    await edit('first')
    for (let at = 0; at < EDITS; at += 1) edits.push(await edit(`edit ${at}`))
    return [
      {
        what: `   an empty folder, then new and up, until it answers: ${lang}`,
        measured: `${(upMs / 1_000).toFixed(1)} s`,
        target: '≤ 15 s',
        reached: upMs <= 15_000,
      },
      {
        what: `   an edit in sampan dev is answered by the new code, p50 and worst of ${EDITS}: ${lang}`,
        measured: `${Math.round(median(edits))} ms, ${Math.round(quantile(edits, 1))} ms`,
        target: '≤ 1 s',
        reached: median(edits) <= 1_000,
      },
    ]
  } finally {
    const ended = once(dev, 'exit')
    dev.kill('SIGINT')
    await ended
  }
}

async function isMarked(daemon: DaemonProcess, name: string): Promise<boolean> {
  const found = (await (await daemon.api('GET', `/system/function/${name}`)).json()) as {
    readonly annotations?: Readonly<Record<string, string>>
  }
  return found.annotations?.['com.sampan.dev'] !== undefined
}
