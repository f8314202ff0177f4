import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { BuildProject, stackOf } from '../fixtures/build-project.ts'
import { type GitServer, startGitServer } from '../fixtures/git-server.ts'

const fn = (lang: string): string => `lang: ${lang}\n    handler: ./fn\n    image: me/fn`
const sourced = (functions: string, ...entries: readonly (readonly [string, string])[]): string =>
  `${functions}configuration:\n  templates:\n${entries.map(([name, source]) => `    - name: ${name}\n      source: ${source}\n`).join('')}`

describe('templates that the stack file names', () => {
  let server: GitServer
  let project: BuildProject

  before(async () => (server = await startGitServer()))
  after(() => server[Symbol.asyncDispose]())
  beforeEach(async () => {
    project = await BuildProject.start()
    await project.write({ 'fn/handler.js': 'mine' })
    project.rig.reply('GET', '/store', { body: '[]' })
    project.rig.reply('GET', '/publickey', { status: 404 })
    project.rig.reply('PUT', '/system/functions', { status: 202 })
  })
  afterEach(() => project[Symbol.asyncDispose]())

  const run = (...words: readonly string[]) =>
    project.run(words, { env: { OPENFAAS_TEMPLATE_STORE_URL: `${project.rig.url}/store` } })
  const pulled = (): Promise<readonly string[]> => readdir(join(project.rig.cwd, 'template'))

  for (const words of [['build'], ['publish'], ['up', '--no-wait'], ['local-run', 'fn']])
    it(`18.6.65: ${words[0]} fetches the one that is missing, and no other of its repository`, async () => {
      await project.write({
        'stack.yaml': sourced(stackOf(fn('alpha')), ['alpha', server.url], ['beta', server.url]),
      })

      const { status, stderr, calls } = await run(...words)

      assert.equal(status, 0, stderr)
      assert.deepEqual(await pulled(), ['alpha'])
      assert.ok(calls.some(({ cwd }) => cwd.endsWith('build/fn')))
      assert.ok(!project.rig.asked.some((one) => one.includes('/store')))
    })

  it('18.6.65: into a folder of exactly the name of the entry, at the reference of its source', async () => {
    await project.write({ 'stack.yaml': sourced(stackOf(fn('alpha@v9')), ['alpha@v9', `${server.url}#v9`]) })

    const { status, stderr } = await run('build')

    assert.equal(status, 0, stderr)
    assert.deepEqual(await pulled(), ['alpha@v9'])
    const text = await readFile(join(project.rig.cwd, 'template/alpha@v9/src/handler.txt'), 'utf8')
    assert.equal(text, 'one')
  })

  it('18.6.65: goes before a template of the same name that comes with this program', async () => {
    await project.write({ 'stack.yaml': sourced(stackOf(fn('node')), ['node', server.url]) })

    const { status, stderr } = await run('build')

    assert.equal(status, 1)
    assert.match(stderr, /there is no template "node" in git:/i)
  })

  it('18.6.65: one that is here already is left as it is', async () => {
    await project.write({
      'stack.yaml': sourced(stackOf(fn('alpha')), ['alpha', 'git://127.0.0.1:1/none']),
      'template/alpha/template.yml': 'language: mine\n',
      'template/alpha/Dockerfile': 'FROM base\n',
    })

    assert.equal((await run('build')).status, 0)
    assert.equal(
      await readFile(join(project.rig.cwd, 'template/alpha/template.yml'), 'utf8'),
      'language: mine\n',
    )
  })

  it('18.6.65: --disable-stack-pull looks into the store instead, and so does an entry without a source', async () => {
    await project.write({ 'stack.yaml': sourced(stackOf(fn('alpha')), ['alpha', server.url]) })
    const { status, stderr } = await run('build', '--disable-stack-pull')
    assert.equal(status, 1)
    assert.match(stderr, /template: "alpha" was not found in the templates folder or in the store/i)
    assert.ok(project.rig.asked.includes('GET /store'))

    project.rig.reply('GET', '/store', {
      body: JSON.stringify([{ template: 'alpha', platform: 'x86_64', source: 'me', repo: server.url }]),
    })
    await project.write({ 'stack.yaml': sourced(stackOf(fn('alpha')), ['alpha', '']) })
    const found = await run('build')
    assert.equal(found.status, 0, found.stderr)
    assert.deepEqual(await pulled(), ['alpha'])
  })

  it('18.6.65: functions that are built at the same time fetch it once', async () => {
    const functions = stackOf(...Array.from({ length: 4 }, () => fn('alpha')))
    await project.write({ 'stack.yaml': sourced(functions, ['alpha', server.url]) })

    const { status, stderr } = await run('build', '--parallel', '4')

    assert.equal(status, 0, stderr)
    assert.equal(stderr.match(/Fetching templates/g)?.length, 1)
  })

  it('18.6.65: one that cannot be had keeps from all, before anything is built', async () => {
    await project.write({ 'stack.yaml': sourced(stackOf(fn('beta'), fn('alpha')), ['beta', server.url]) })

    const { status, calls } = await run('build')

    assert.equal(status, 1)
    assert.deepEqual(calls, [])
    assert.ok(!existsSync(join(project.rig.cwd, 'build')))
  })
})
