import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { shellLine } from '../../src/cli/build/docker-words.ts'
import { BuildProject, FUNCTION, stackOf } from '../fixtures/build-project.ts'

const SECOND =
  'lang: dockerfile\n    handler: ./other\n    image: me/other:1\n    build_args:\n      TEXT: "it\'s here"\n    build_secrets:\n      key: ./key'

describe('sampan up --dry-run', () => {
  let project: BuildProject

  beforeEach(async () => {
    project = await BuildProject.start()
    await project.fill(stackOf(FUNCTION, SECOND))
    await project.write({ 'other/Dockerfile': 'FROM base\n', key: 'x' })
    project.rig.reply('GET', '/publickey', { status: 404 })
    project.rig.reply('PUT', '/system/functions', { status: 202 })
  })
  afterEach(() => project[Symbol.asyncDispose]())

  const files = async (): Promise<readonly string[]> => {
    const all = await readdir(project.rig.cwd, { recursive: true })
    return all.filter((path) => !path.startsWith('bin') && path !== 'docker-calls').toSorted()
  }

  for (const how of [['--local'], ['--skip-push'], ['--publish'], ['--publish', '--reset-qemu'], []])
    it(`18.6.79: shows the commands that up ${how.join(' ') || 'without flags'} runs, and runs none`, async () => {
      const before = await files()
      const dry = await project.run(['up', '--dry-run', ...how])
      assert.equal(dry.status, 0, dry.stderr)
      assert.deepEqual(dry.calls, [])
      assert.deepEqual(await files(), before)
      assert.ok(project.rig.asked.every((one) => one === 'GET /publickey'))

      const { calls } = await project.run(['up', '--no-wait', ...how])

      const words = (line: string): string =>
        line.replace(/^\(cd \S+ && (.*)\)$/, '$1').replaceAll(/DOCKER_\w+=\w+ /g, '')
      const shown = dry.stdout.split('\n').filter((line) => /^\(?(?:cd|docker|DOCKER)/.test(line))
      const expected = calls.map((call) => shellLine(call.words))
      // The builder is made only where there is none yet.
      assert.deepEqual(
        shown.map(words).map((line) => line.replace(/ \|\| .*/, '')),
        expected,
      )
      const sent = project.rig.requests.filter(({ method }) => method === 'PUT')
      for (const { body } of sent)
        assert.ok(dry.stdout.includes(JSON.stringify(JSON.parse(body.toString()), null, 2)))
      assert.equal(sent.length, 2)
      assert.match(dry.stdout, /^\(cd build\/fn1 && .*DOCKER_BUILDKIT=1 docker .*'TEXT=it'\\''s here'/m)
    })

  it('shows the request of a build on the host of the gateway, and that the id of the image is deployed', async () => {
    project.rig.reply('GET', '/publickey', { body: '{}' })

    const { status, stdout, stderr } = await project.run(['up', '--dry-run', '--filter', 'fn1'])

    assert.equal(status, 0, stderr)
    assert.match(stdout, /^# build\/fn1: template dockerfile, handler other, secrets key$/m)
    assert.match(stdout, /^POST http:\S+\/build .*\n\{\n {2}"image": "me\/other:1",\n {2}"buildArgs"/m)
    assert.match(stdout, /"image": "<id of me\/other:1>"/)
    assert.deepEqual(project.rig.asked, ['GET /publickey'])
  })

  it('says that a template would be fetched, and does not', async () => {
    await project.write({ 'stack.yaml': stackOf('lang: cobol\n    handler: ./fn\n    image: me/fn') })

    const { status, stderr } = await project.run(['up', '--dry-run', '--local'])

    assert.equal(status, 0, stderr)
    assert.match(stderr, /fn: the template cobol is fetched first/)
  })

  it('a handler that is missing, and an image that cannot be pushed, are errors as they would be', async () => {
    await project.write({ 'stack.yaml': stackOf('lang: node\n    handler: ./gone\n    image: me/fn') })
    assert.match((await project.run(['up', '--dry-run', '--local'])).stderr, /handler of fn is no folder/)
    await project.write({ 'stack.yaml': stackOf('lang: node\n    handler: ./fn\n    image: fn') })
    assert.match((await project.run(['up', '--dry-run', '--local'])).stderr, /Unable to push/)
  })
})
