import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Ended } from '../../src/cli/session.ts'
import { eventually } from '../fakes/eventually.ts'
import { CliRig, type CliResult, type ScriptedReply } from '../fixtures/cli-rig.ts'

const LIMIT_MS = 30_000

describe('sampan up --watch', () => {
  let rig: CliRig
  let ending: AbortController
  let running: Promise<CliResult>

  beforeEach(async () => {
    rig = await CliRig.start()
    ending = new AbortController()
    rig.reply('GET', '/publickey', { body: '{}' })
    rig.reply('GET', '/system/info', { body: '{"arch":"x86_64"}' })
    rig.reply('PUT', '/system/functions', { status: 202 })
    rig.reply('POST', '/build', built)
    await write({
      'stack.yaml': stackOf('one', 'two'),
      'one/Dockerfile': 'FROM a\n',
      'two/Dockerfile': 'FROM b\n',
    })
  })
  afterEach(async () => {
    ending.abort(new Ended('SIGINT'))
    await running
    await rig[Symbol.asyncDispose]()
  })

  const write = (files: Readonly<Record<string, string>>): Promise<void> => rig.write(files)
  const start = (...flags: readonly string[]): void => {
    running = rig.run(['up', '--watch', '--no-wait', ...flags], { signal: ending.signal })
  }
  /** The functions that were built so far, in turn. */
  const builds = (): readonly string[] =>
    rig.requests.flatMap(({ target, body }) =>
      target === '/build' ? (/"image":"me\/(\w+):/.exec(body.toString('latin1'))?.[1] ?? '?') : [],
    )
  const deploys = (): number => rig.asked.filter((line) => line === 'PUT /system/functions').length
  /** Both times what was asked for: builds and deployments. */
  const until = (names: readonly string[], deployed = names.length): Promise<void> =>
    eventually(
      () => builds().join() === names.join() && deploys() === deployed,
      LIMIT_MS,
      `${names.join()} are built, ${deployed} deployed`,
    ).catch((error: unknown) => {
      throw new Error(`built: ${builds().join()}, deployed: ${deploys()}`, { cause: error })
    })

  it('18.6.82: builds all at first, then the function whose handler changed, and all for the stack file; without .gitignore', async () => {
    start()
    await until(['one', 'two'])

    await write({ 'two/Dockerfile': 'FROM c\n' })
    await until(['one', 'two', 'two'])
    await write({ 'one/.Dockerfile.swp': 'x', 'one/Dockerfile~': 'x', 'other/file': 'x' })
    await write({ 'one/new': 'x' })
    await until(['one', 'two', 'two', 'one'])
    await write({ 'stack.yaml': `${stackOf('one', 'two')}    environment:\n      A: b\n` })

    await until(['one', 'two', 'two', 'one', 'one', 'two'])
  })

  it('18.6.82: survives a broken build, a broken stack file and a gateway that is away', async () => {
    rig.reply('POST', '/build', lines({ status: 'failed', error: 'no base' }), built)
    start('--filter', 'one')
    await eventually(() => builds().join() === 'one', LIMIT_MS)

    await write({ 'one/Dockerfile': 'FROM better\n' })
    await until(['one', 'one'], 1)
    await write({ 'stack.yaml': 'functions: [' })
    await write({ 'stack.yaml': stackOf('one', 'two', 'three') })
    await eventually(() => deploys() > 1, LIMIT_MS)
    rig.reply('PUT', '/system/functions', { status: 500, body: 'the disk is full' }, { status: 202 })
    const before = builds().length
    await write({ 'one/Dockerfile': 'FROM again\n' })
    await eventually(() => builds().length === before + 1, LIMIT_MS)
    await write({ 'one/Dockerfile': 'FROM more\n' })
    await eventually(() => builds().length === before + 2, LIMIT_MS)

    ending.abort(new Ended('SIGINT'))
    const { stderr } = await running
    assert.match(stderr, /no base\n.*The next change tries again\./s)
    assert.match(stderr, /Changed: one/)
  })

  it('18.6.82: honours .gitignore from its folder on, and takes handlers by their absolute path', async () => {
    await write({
      '.gitignore': 'build\ntemplate\n*.log\nsampan-cli-*\n',
      'stack.yaml': stackOf('one').replace('./one', join(rig.cwd, 'one')),
    })
    start()
    await until(['one'])

    await write({ 'one/a.log': 'x', 'one/build/x': 'x' })
    await write({ 'one/last': 'x' })
    await until(['one', 'one'])
    await rm(join(rig.cwd, 'one/last'))

    await until(['one', 'one', 'one'])
  })
})

const built = lines({ status: 'success', id: `sha256:${'a'.repeat(64)}` })

function lines(...objects: readonly object[]): ScriptedReply {
  return { body: objects.map((object) => `${JSON.stringify(object)}\n`).join('') }
}

function stackOf(...names: readonly string[]): string {
  const functions = names.map(
    (name) => `  ${name}:\n    lang: dockerfile\n    handler: ./${name}\n    image: me/${name}\n`,
  )
  return `version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n${functions.join('')}`
}
