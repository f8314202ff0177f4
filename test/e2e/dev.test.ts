import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { removeBuiltImages } from '../fixtures/built-images.ts'
import { CliRig } from '../fixtures/cli-rig.ts'
import { startedDev } from '../fixtures/dev-session.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { templateBase } from '../fixtures/template-bases.ts'
import { DaemonProcess } from './daemon-process.ts'

const LIMIT_MS = 90_000
const CLI = resolve(import.meta.dirname, '../../src/cli/main.js')
const DEV = 'com.sampan.dev'

/** A handler that answers a word, one that is broken, and one that takes the word from a file beside it. */
const HANDLERS = {
  node: {
    file: 'handler.js',
    says: (word: string) => `export default async () => '${word}'\n`,
    broken: 'export default async ( => 1\n',
    uses: "import { word } from './word.js'\nexport default async () => word\n",
    beside: ['word.js', "export const word = 'beside'\n"],
  },
  python: {
    file: 'handler.py',
    says: (word: string) => `def handle(request):\n    return '${word}'\n`,
    broken: 'def handle(request:\n',
    uses: 'from .word import word\ndef handle(request):\n    return word\n',
    beside: ['word.py', "word = 'beside'\n"],
  },
} as const

describe('sampan dev on a real host', { skip: await skipWithoutDocker(), concurrency: 2 }, () => {
  let daemon: DaemonProcess
  let base: string
  before(async () => {
    base = (await templateBase('debian')) ?? assert.fail('no base image')
    daemon = await DaemonProcess.start({ SAMPAN_BUILD_NETWORK: 'none' })
  })
  after(async () => {
    await daemon[Symbol.asyncDispose]()
    await removeBuiltImages('sampan-built/dev-*')
  })

  /** A project with one function of a template, which is not deployed yet. */
  const project = async (lang: keyof typeof HANDLERS, name: string) => {
    const rig = await CliRig.start()
    const env = { OPENFAAS_URL: daemon.url }
    const password = (await readFile(join(daemon.dataDir, 'basic-auth-password'), 'utf8')).trim()
    await rig.run(['login', '--password', password], { env })
    assert.equal((await rig.run(['new', name, '--lang', lang], { env })).status, 0)
    await writeFile(join(rig.cwd, 'stack.yaml'), stackOf(lang, { name, base, url: daemon.url }))
    const write = (file: string, text: string): Promise<void> => rig.write({ [join(name, file)]: text })
    const answers = (word: string): Promise<void> =>
      eventually(
        async () => (await (await daemon.call(name)).text()).trim() === word,
        LIMIT_MS,
        `${name}: ${word}`,
      )
    const annotations = async (): Promise<Readonly<Record<string, string>>> => {
      const found = (await (await daemon.api('GET', `/system/function/${name}`)).json()) as {
        readonly annotations?: Readonly<Record<string, string>>
      }
      return found.annotations ?? {}
    }
    return { rig, env, write, answers, annotations, handler: HANDLERS[lang] }
  }
  const started = (rig: CliRig, words: readonly string[]) =>
    startedDev(rig, { url: daemon.url, words, limitMs: LIMIT_MS })

  for (const lang of ['node', 'python'] as const)
    it(`${lang}: each edit runs, an error does not end it, and at the end nothing is left`, async () => {
      const { rig, write, answers, annotations, handler } = await project(lang, `new-${lang}`)
      await using _rig = rig
      const dev = started(rig, [])
      await dev.says(/built and ready/)
      await write(handler.file, handler.says('first'))
      await answers('first')
      assert.equal((await annotations())[DEV], '/home/app/function')
      const [container = ''] = await daemon.containersOf(`new-${lang}`)

      await write(handler.file, handler.broken)
      await dev.says(/the process ended/)
      assert.equal((await daemon.call(`new-${lang}`)).status >= 500, true)
      await write(handler.beside[0], handler.beside[1])
      await write(handler.file, handler.uses)
      await answers('beside')
      await rm(join(rig.cwd, `new-${lang}`, handler.beside[0]))
      await dev.says(/the process ended[^]*the process ended/)
      await write(handler.file, handler.says('mended'))
      await answers('mended')
      assert.deepEqual(await daemon.containersOf(`new-${lang}`), [container], 'all that in one container')

      // The next container is made of the image, and is changed again.
      await docker('kill', container)
      await dev.says(/again: in place/)
      await answers('mended')
      const { stdout } = await dev.end()
      assert.match(stdout, /removed, as there was none before/)
      assert.equal((await daemon.api('GET', `/system/function/new-${lang}`)).status, 404)
    })

  it('what was deployed before is put back at the end, also after a kill -9; --keep and up leave what is here', async () => {
    const { rig, env, write, answers, annotations, handler } = await project('node', 'kept')
    await using _rig = rig
    await write(handler.file, handler.says('before'))
    assert.equal((await rig.run(['up'], { env })).status, 0)
    await answers('before')

    const killed = spawn(process.execPath, [CLI, 'dev'], {
      cwd: rig.cwd,
      env: { PATH: process.env['PATH'], HOME: rig.home, ...env },
      stdio: 'ignore',
    })
    await eventually(async () => (await annotations())[DEV] !== undefined, LIMIT_MS, 'it is marked')
    killed.kill('SIGKILL')
    await once(killed, 'exit')
    const dev = started(rig, ['kept'])
    await dev.says(/taken over[^]*built and ready/)
    await write(handler.file, handler.says('edited'))
    await answers('edited')
    await write('package.json', '{ "type": "module" }')
    await dev.says(/package\.json: building[^]*built and ready/)
    await answers('edited')
    await dev.end()
    await answers('before')
    assert.deepEqual(await annotations(), {})

    const keeping = started(rig, ['--keep'])
    await keeping.says(/built and ready/)
    await keeping.end()
    await answers('edited')
    assert.deepEqual(await annotations(), {})
  })
})

interface Named {
  readonly name: string
  readonly base: string
  readonly url: string
}

function stackOf(lang: string, { name, base, url }: Named): string {
  const args = `    build_args:\n      BASE_IMAGE: ${base}\n      TEST_ENABLED: "false"\n`
  const fn = `  ${name}:\n    lang: ${lang}\n    handler: ./${name}\n    image: sampan-built/dev-${name}\n${args}`
  return `version: 1.0\nprovider:\n  name: openfaas\n  gateway: ${url}\nfunctions:\n${fn}`
}
