import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { shippedTemplates } from '../../src/cli/templates/shipped.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { templateBase } from '../fixtures/template-bases.ts'
import { templateImage, TEMPLATES } from '../fixtures/template-images.ts'
import { call, startedReplica, statusOf, textOf } from '../fixtures/template-replica.ts'

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
      assert.deepEqual(await shippedTemplates(), Object.keys(TEMPLATES).toSorted())
    })

    for (const [name, { base, handler }] of Object.entries(TEMPLATES)) {
      it(`${name}: builds, answers, streams and lets a call end`, async (t) => {
        const tag = base === null ? 'scratch' : await templateBase(base)
        if (tag === null) return t.skip(`this machine has no ${name}`)
        const sample = await templateImage(name, { folder: join(work, name), base: tag })
        await greets(sample, name)
        if (handler !== undefined)
          await endsWell(
            await templateImage(name, { folder: join(work, `${name}-slow`), base: tag, handler }),
          )
      })
    }
  },
)

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
