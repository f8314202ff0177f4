import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { shippedTemplates } from '../../src/cli/templates/shipped.ts'
import { eventually } from '../fakes/eventually.ts'
import { removeBuiltImages } from '../fixtures/built-images.ts'
import { CliRig } from '../fixtures/cli-rig.ts'
import { startedDev } from '../fixtures/dev-session.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { templateBase } from '../fixtures/template-bases.ts'
import { slowHandler, TEMPLATES } from '../fixtures/template-images.ts'
import { call, startedReplica, statusOf, textOf } from '../fixtures/template-replica.ts'
import { DaemonProcess } from './daemon-process.ts'

/** Rust compiles for a while where other things run. */
const LIMIT_MS = 240_000

describe(
  'templates that come with the program, without a network',
  { skip: await skipWithoutDocker(), concurrency: 2 },
  () => {
    let daemon: DaemonProcess
    before(async () => {
      daemon = await DaemonProcess.start({ SAMPAN_BUILD_NETWORK: 'none' })
    })
    after(async () => {
      await daemon[Symbol.asyncDispose]()
      await removeBuiltImages('sampan-built/of-*')
    })

    it('each of them has its case here', async () => {
      assert.deepEqual(await shippedTemplates(), Object.keys(TEMPLATES).toSorted())
    })

    for (const name of Object.keys(TEMPLATES))
      it(`${name}: new, up, calls, an edit in dev, an update and remove, and it lets a call end`, async (t) => {
        const { base: wanted = null } = TEMPLATES[name] ?? {}
        const base = wanted === null ? '' : await templateBase(wanted)
        if (base === null) return t.skip(`this machine has no ${name}`)
        await using project = await Project.start(daemon, { name, base })
        await project.run('new', project.fn, '--lang', name)
        await project.writeStack()
        await project.run('up')
        await greets(project.url, name)

        const dev = startedDev(project.rig, { url: daemon.url, words: [], limitMs: LIMIT_MS })
        await dev.says(/built and ready/)
        await project.edit()
        await eventually(() => isEdited(project.url, name), LIMIT_MS)
        assert.equal((await dev.end()).status, 0)
        await eventually(async () => !(await isEdited(project.url, name)), LIMIT_MS)
        await greets(project.url, name)

        await project.run('up')
        await eventually(() => isEdited(project.url, name), LIMIT_MS)
        if (TEMPLATES[name]?.handler !== undefined) await endsWell(await project.image())
        await project.run('remove', project.fn)
        assert.equal(await statusOf(await call(project.url, 'GET')), 404)
      })
  },
)

/** A folder with one function of a template, and the command line in it. */
class Project implements AsyncDisposable {
  readonly rig: CliRig
  readonly fn: string
  readonly url: string
  readonly #daemon: DaemonProcess
  readonly #template: string
  readonly #base: string

  private constructor(rig: CliRig, daemon: DaemonProcess, { name, base }: { name: string; base: string }) {
    this.rig = rig
    this.fn = `of-${name}`
    this.url = `${daemon.url}/function/${this.fn}`
    this.#daemon = daemon
    this.#template = name
    this.#base = base
  }

  static async start(daemon: DaemonProcess, template: { name: string; base: string }): Promise<Project> {
    const project = new Project(await CliRig.start(), daemon, template)
    const password = await readFile(join(daemon.dataDir, 'basic-auth-password'), 'utf8')
    await project.run('login', '--password', password.trim())
    return project
  }

  async run(...words: readonly string[]): Promise<void> {
    const { status, stdout, stderr } = await this.rig.run([...words], {
      env: { OPENFAAS_URL: this.#daemon.url },
    })
    assert.equal(status, 0, `sampan ${words.join(' ')}: ${stdout}${stderr}`)
  }

  /** The stack file that has it built on stand-ins for the base images. */
  async writeStack(): Promise<void> {
    const run = this.#template === 'go' ? '' : `      RUN_IMAGE: ${this.#base}\n`
    const args = this.#base === '' ? '' : `    build_args:\n      BASE_IMAGE: ${this.#base}\n${run}`
    const fn = `  ${this.fn}:\n    lang: ${this.#template}\n    handler: ./${this.fn}\n    image: sampan-built/${this.fn}\n${args}`
    const provider = `provider:\n  name: openfaas\n  gateway: ${this.#daemon.url}\n`
    await writeFile(join(this.rig.cwd, 'stack.yaml'), `version: 1.0\n${provider}functions:\n${fn}`)
  }

  /** The handler that streams instead of the sample; another page, another command. */
  async edit(): Promise<void> {
    const { handler } = TEMPLATES[this.#template] ?? {}
    const file = handler?.replace('function/', '') ?? EDITS[this.#template]?.file ?? assert.fail()
    const path = join(this.rig.cwd, this.fn, file)
    const text = await readFile(handler === undefined ? path : slowHandler(handler), 'utf8')
    await writeFile(path, handler === undefined ? (EDITS[this.#template]?.of(text) ?? text) : text)
  }

  /** What its only replica runs. */
  async image(): Promise<string> {
    const ids = await this.#daemon.containersOf(this.fn)
    const [image = ''] = await Promise.all(ids.map((id) => docker('inspect', '--format', '{{.Image}}', id)))
    return image
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]()
  }
}

/** Of templates that have no handler of a language. */
const EDITS: Readonly<Record<string, { readonly file: string; readonly of: (text: string) => string }>> = {
  static: { file: 'index.html', of: (text) => text.replace('Hello, world!', 'Changed') },
  dockerfile: { file: 'Dockerfile', of: (text) => text.replace('fprocess="cat"', 'fprocess="wc -c"') },
}

async function isEdited(url: string, name: string): Promise<boolean> {
  if (name === 'static') return /Changed/.test(await textOf(await call(url, 'GET')))
  const answer = await call(url, 'POST', 'reader')
  const text = await textOf(answer)
  return name === 'dockerfile' ? text.trim() === '6' : answer.headers['x-made-by'] === 'the handler'
}

async function greets(url: string, name: string): Promise<void> {
  if (name === 'static') {
    assert.match(await textOf(await call(url, 'GET')), /Hello, world!/)
    return
  }
  if (name === 'dockerfile') {
    assert.equal(await textOf(await call(url, 'POST', 'reader')), 'reader')
    return
  }
  assert.equal(await textOf(await call(url, 'POST', 'reader')), 'Hello, reader!\n')
  const answer = await call(url, 'GET')
  assert.equal(answer.statusCode, 200)
  assert.match(answer.headers['content-type'] ?? '', /^text\/plain/)
  assert.equal(await textOf(answer), 'Hello, world!\n')
  assert.equal(await statusOf(await call(url, 'HEAD')), 200)
}

/** The first part of an answer is here before the last is written, and a container that is told to end ends after it. */
async function endsWell(image: string): Promise<void> {
  await using replica = await startedReplica(image)
  const parts = await startedAnswer(replica.url)
  const stopped = docker('stop', '--time', '20', replica.id)
  assert.equal(String((await parts.next()).value), 'second\n')
  assert.ok((await parts.next()).done)
  await stopped
  assert.equal(await docker('inspect', '--format', '{{.State.ExitCode}}', replica.id), '0')
}

/** What is still to come of an answer whose first part came alone. On a busy machine this process may look up only when all of it is here. */
async function startedAnswer(url: string): Promise<AsyncIterator<Buffer>> {
  for (let left = 10; ; left -= 1) {
    const answer = await call(url, 'POST', 'x'.repeat(100_000))
    assert.equal(answer.statusCode, 201)
    assert.equal(answer.headers['x-made-by'], 'the handler')
    const parts = answer[Symbol.asyncIterator]() as AsyncIterator<Buffer>
    const first = String((await parts.next()).value)
    if (first === 'first\n') return parts
    assert.equal(first, 'first\nsecond\n')
    assert.ok(left > 0, 'no answer of ten comes in parts')
  }
}
