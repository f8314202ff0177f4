import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { copyFile, cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { shippedTemplates } from '../../src/cli/templates/shipped.ts'
import { takesWatchdog, watchdogFile } from '../../src/cli/templates/watchdog-file.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { engineArch, INPUTS_LABEL, skipWithoutDocker } from '../fixtures/images.ts'
import { templateBase, type TemplateBase } from '../fixtures/template-bases.ts'
import { call, startedReplica, statusOf, textOf } from '../fixtures/template-replica.ts'

/** Templates whose image needs a base, and where the handler that streams goes: from test/fixtures/template-handlers. */
const CASES: Readonly<Record<string, { readonly base: TemplateBase | null; readonly handler?: string }>> = {
  node: { base: 'debian', handler: 'function/handler.js' },
  python: { base: 'debian', handler: 'function/handler.py' },
  bash: { base: 'debian', handler: 'function/handler.sh' },
  ruby: { base: 'debian', handler: 'function/handler.rb' },
  php: { base: 'debian', handler: 'function/handler.php' },
  java: { base: 'debian', handler: 'function/Handler.java' },
  go: { base: 'go', handler: 'function/handler.go' },
  rust: { base: 'rust', handler: 'function/src/lib.rs' },
  typescript: { base: 'node24', handler: 'function/handler.ts' },
  static: { base: null },
  dockerfile: { base: 'debian' },
}

describe(
  'templates that come with the program, built without a network',
  { skip: await skipWithoutDocker(), concurrency: 2 },
  () => {
    let work = ''
    before(async () => {
      work = await mkdtemp(join(tmpdir(), 'sampan-templates-'))
    })
    after(async () => rm(work, { recursive: true, force: true }))

    it('each of them has its case here', async () => {
      assert.deepEqual(await shippedTemplates(), Object.keys(CASES).toSorted())
    })

    for (const [name, { base, handler }] of Object.entries(CASES)) {
      it(`${name}: builds, answers, streams and lets a call end`, async (t) => {
        const tag = base === null ? 'scratch' : await templateBase(base)
        if (tag === null) return t.skip(`this machine has no ${name}`)
        const sample = await build(name, { folder: join(work, name), base: tag })
        await greets(sample, name)
        if (handler !== undefined)
          await endsWell(await build(name, { folder: join(work, `${name}-slow`), base: tag, handler }))
      })
    }
  },
)

/** The image of a template, with its sample handler or the one that streams. */
async function build(
  name: string,
  { folder, base, handler }: { readonly folder: string; readonly base: string; readonly handler?: string },
): Promise<string> {
  const template = resolve('templates', name)
  await cp(name === 'dockerfile' ? join(template, 'function') : template, folder, { recursive: true })
  assert.ok(takesWatchdog(await readFile(join(folder, 'Dockerfile'), 'utf8')))
  await copyFile(await watchdogFile(await engineArch()), join(folder, 'fwatchdog'))
  if (handler !== undefined)
    await copyFile(handlerFile(handler.split('/').at(-1) ?? ''), join(folder, handler))
  const tag = `sampan-test/template-${name}${handler === undefined ? '' : '-slow'}:latest`
  const run = base === 'scratch' || name === 'go' ? [] : ['--build-arg', `RUN_IMAGE=${base}`]
  const tests = handler === undefined ? [] : ['--build-arg', 'TEST_ENABLED=false']
  const args = ['--network', 'none', '--label', `${INPUTS_LABEL}=template`, '--tag', tag, ...run, ...tests]
  await docker('build', '--quiet', '--build-arg', `BASE_IMAGE=${base}`, ...args, folder)
  return tag
}

async function greets(image: string, name: string): Promise<void> {
  await using function_ = await startedReplica(image)
  const { url } = function_
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
  await using function_ = await startedReplica(image)
  const parts = await startedAnswer(function_.url)
  const stopped = docker('stop', '--time', '20', function_.id)
  assert.equal(String((await parts.next()).value), 'second\n')
  assert.ok((await parts.next()).done)
  await stopped
  assert.equal(await docker('inspect', '--format', '{{.State.ExitCode}}', function_.id), '0')
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

/** Those that the linter and the compiler would take for files of ours have another name. */
function handlerFile(name: string): string {
  const path = resolve('test/fixtures/template-handlers', name)
  return existsSync(path) ? path : `${path}.txt`
}
