import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CutNetwork, noCutNetwork } from '../fixtures/cut-network.ts'
import { docker, sweepInstance } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'

const SOURCE = resolve(import.meta.dirname, '../../src')
const PROGRAM = join(SOURCE, 'cli/main.js')
/** Inside, every port is free. */
const PORT = 8080
const INSTANCE = `e2e-cut-${process.pid}`
const IMAGES = [`sampan-built/cut-site-${process.pid}`, `sampan-built/cut-word-${process.pid}`] as const

/** What works where no packet leaves the machine (cli.md 14). */
const WORKING = [
  ['version'],
  ['version', '--short-version'],
  ['new', '--list'],
  ['new', 'hello', '--lang', 'node'],
  ['new', 'bye', '--lang', 'python', '--append', 'stack.yaml'],
  ['validate'],
  ['generate'],
  ['schema'],
  ['build', '--shrinkwrap'],
  ['up', '--dry-run', '--local', '--skip-push'],
  ['store', 'list'],
  ['store', 'describe', 'nodeinfo'],
  ['template', 'store', 'list'],
  ['template', 'store', 'describe', 'node'],
  ['template', 'store', 'pull', 'node'],
  ['template', 'bundle', 'bash', '--output', 'carried'],
  ['template', 'pull', 'carried'],
  ['completion', 'bash'],
  ['completion', '--shell', 'zsh'],
  ['secret', 'generate'],
  ['secret', 'create', 'key', '--from-literal', 'x'],
  ['secret', 'list'],
  ['list'],
  ['namespace', 'list'],
  ['ready'],
  ['export'],
  ['context', 'add', 'here', 'http://127.0.0.1:8080'],
  ['help'],
] as const

/** What does not, and what it has to name in its first line. */
const MISSING = [
  [['template', 'pull', 'https://templates.example/repo.git'], /templates\.example/],
  [['new', 'other', '--lang', 'java17', '-f', 'other.yaml'], /github\.com/],
  [['template', 'store', 'pull', 'java17'], /github\.com/],
  [['list', '-g', 'http://gateway.example:8080'], /gateway\.example/],
  [['deploy', '-f', 'http://files.example/stack.yaml'], /files\.example/],
  [['build', '-f', 'store.yaml'], /github\.com/],
] as const

describe(
  'the command line and its gateway without a network',
  { skip: noCutNetwork || (await skipWithoutDocker()) },
  () => {
    let network: CutNetwork
    let daemon: ChildProcess
    let folder: string

    before(async () => {
      network = await CutNetwork.make()
      folder = await mkdtemp(join(tmpdir(), 'sampan-cut-'))
      await mkdir(join(folder, 'project'))
      const env = {
        PATH: process.env['PATH'],
        SAMPAN_LISTEN: `127.0.0.1:${PORT}`,
        SAMPAN_METRICS_LISTEN: `127.0.0.1:${PORT + 1}`,
        SAMPAN_UI_LISTEN: 'off',
        SAMPAN_DATA_DIR: join(folder, 'data'),
        SAMPAN_RUNTIME_DIR: join(folder, 'run'),
        SAMPAN_INSTANCE: INSTANCE,
        SAMPAN_WATCHDOG_DIR: resolve('dist/watchdog'),
        SAMPAN_ASYNC: 'off',
      }
      const [program, ...words] = [...network.enter, process.execPath, join(SOURCE, 'main.js')]
      daemon = spawn(program, words, { env, stdio: 'ignore' })
      const ready = await sampan('ready', '--interval', '100ms', '--attempts', '200')
      assert.equal(ready.status, 0, ready.stderr)
      const password = (await readFile(join(folder, 'data', 'basic-auth-password'), 'utf8')).trim()
      const login = await sampan('login', '--password', password)
      assert.equal(login.status, 0, login.stderr)
    })
    after(async () => {
      const ended = once(daemon, 'exit')
      daemon.kill('SIGTERM')
      await ended
      await sweepInstance(INSTANCE)
      await network[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
      for (const image of IMAGES) await docker('rmi', '--force', `${image}:latest`).catch(() => '')
    })

    const sampan = async (...words: readonly string[]) => {
      const [program, ...others] = [...network.enter, process.execPath, PROGRAM, ...words]
      const child = spawn(program, others, {
        cwd: join(folder, 'project'),
        env: { PATH: process.env['PATH'], HOME: folder },
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      const said = { stdout: '', stderr: '' }
      for (const stream of ['stdout', 'stderr'] as const)
        child[stream].setEncoding('utf8').on('data', (part: string) => (said[stream] += part))
      const [status] = (await once(child, 'close')) as [number | null]
      return { status, ...said }
    }

    it('18.6.85: does all that needs none: new, stores, templates, version, completion, and what asks the gateway', async () => {
      for (const words of WORKING) {
        const { status, stdout, stderr } = await sampan(...words)
        assert.equal(status, 0, `${words.join(' ')}: ${stderr}`)
        assert.notEqual(stdout, '', words.join(' '))
        // Of a list that could not be fetched one line tells, and nothing else is amiss.
        assert.ok(stderr.trim().split('\n').length <= 1, `${words.join(' ')}: ${stderr}`)
      }
    })

    it('18.6.85: images are built by the host of the gateway, of nothing and of a base image that is there', async () => {
      const plain = await testImage('plain')
      const [site, word] = IMAGES
      await writeFile(
        join(folder, 'project', 'build.yaml'),
        `provider:\n  name: openfaas\nfunctions:\n  site:\n    lang: static\n    handler: ./site\n    image: ${site}\n  word:\n    lang: dockerfile\n    handler: ./word\n    image: ${word}\n`,
      )
      for (const [path, text] of [
        ['site/index.html', 'hello'],
        ['word/Dockerfile', `FROM ${plain}\nCOPY fwatchdog /bin/fwatchdog\nCMD ["fwatchdog"]\n`],
      ] as const) {
        await mkdir(join(folder, 'project', path, '..'), { recursive: true })
        await writeFile(join(folder, 'project', path), text)
      }

      const { status, stdout, stderr } = await sampan('up', '-f', 'build.yaml', '--skip-deploy')

      assert.equal(status, 0, stderr)
      for (const image of IMAGES) assert.match(stdout, new RegExp(`^Image: ${image}:latest built\\.$`, 'm'))
    })

    it('18.6.85: what needs a network fails, and its first line says what was not reached', async () => {
      await writeFile(
        join(folder, 'project', 'store.yaml'),
        'provider:\n  name: openfaas\nfunctions:\n  x:\n    lang: java17\n    handler: .\n    image: x\n',
      )
      for (const [words, missing] of MISSING) {
        const { status, stderr } = await sampan(...words)
        assert.equal(status, 1, words.join(' '))
        const lines = stderr.trim().split('\n')
        const told = lines.filter((line) => missing.test(line))
        assert.ok(told.length >= 1 && lines.length <= 5, `${words.join(' ')}: ${stderr}`)
        assert.doesNotMatch(stderr, /\n\s+at |Internal/)
        if (/git clone failed/i.test(stderr)) assert.match(stderr, /^A network is needed for this\. /m)
      }
    })
  },
)
