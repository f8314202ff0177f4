import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Ended } from '../../src/cli/session.ts'
import { entriesOf } from '../../src/core/tar-entries.ts'
import { eventually } from '../fakes/eventually.ts'
import { CliRig, type CliResult, type ScriptedReply } from '../fixtures/cli-rig.ts'

const LIMIT_MS = 30_000
const FN = '/system/function/fn'
const READY = { state: 'ready', reason: '', lastWords: [], revision: 1, serving: { revision: 1 } }

describe('sampan dev, against a gateway that a test speaks for', () => {
  let rig: CliRig
  let ending: AbortController
  let running: Promise<CliResult> | null
  let output = ''

  beforeEach(async () => {
    rig = await CliRig.start()
    ending = new AbortController()
    running = null
    output = ''
    rig.reply('GET', '/publickey', { body: '{}' })
    rig.reply('GET', '/system/info', { body: '{"arch":"x86_64"}' })
    rig.reply('GET', '/system/logs', { stream: (response) => response.writeHead(200).flushHeaders() })
    rig.reply('PUT', '/system/functions', { status: 202 })
    rig.reply('DELETE', '/system/functions', { status: 202 })
    rig.reply('POST', '/build', built)
    rig.reply('POST', `${FN}/sync`, { body: '{"replica":"r1"}' })
    rig.reply('POST', `${FN}/rollback`, { status: 202 })
    rig.reply('GET', `${FN}/revisions`, { body: '[{"revision":5,"dev":true},{"revision":4}]' })
    deployed({}, { 'com.sampan.dev': '/home/app/function' })
    await write({ 'stack.yaml': STACK, 'fn/handler.js': '1', 'fn/package.json': '{}' })
  })
  afterEach(async () => {
    ending.abort(new Ended('SIGINT'))
    await running
    await rig[Symbol.asyncDispose]()
  })

  const write = (files: Readonly<Record<string, string>>): Promise<void> => rig.write(files)
  /** What the status of the function says: at first, and then. Null: there is none. */
  const deployed = (...annotations: readonly (Readonly<Record<string, string>> | null)[]): void => {
    rig.reply(
      'GET',
      FN,
      ...annotations.map((each) =>
        each === null
          ? { status: 404 }
          : { body: JSON.stringify({ name: 'fn', replicas: 1, annotations: each, status: READY }) },
      ),
    )
  }
  const start = (...flags: readonly string[]): void => {
    running = rig.run(['dev', ...flags], { signal: ending.signal, onOutput: (text) => (output = text) })
  }
  const says = (words: RegExp): Promise<void> =>
    eventually(() => words.test(output), LIMIT_MS, String(words)).catch((error: unknown) => {
      throw new Error(output, { cause: error })
    })
  const end = async (): Promise<CliResult> => {
    ending.abort(new Ended('SIGINT'))
    return (await running) ?? assert.fail('it does not run')
  }
  const count = (line: string): number => rig.asked.filter((asked) => asked === line).length
  const synced = async (): Promise<readonly string[]> => {
    const body = rig.requests.findLast(({ target }) => target === `${FN}/sync`)?.body ?? Buffer.alloc(0)
    const paths: string[] = []
    for await (const { path } of entriesOf(pieces(body))) paths.push(path)
    return paths
  }

  it('builds, then changes in place what was edited, and at the end returns to the revision before', async () => {
    start()
    await says(/built and ready/)

    await write({ 'fn/handler.js': '2' })
    await says(/handler\.js: in place/)
    assert.deepEqual(await synced(), ['handler.js'])
    await write({ 'fn/a.js': '1' })
    await says(/a\.js: in place/)
    assert.deepEqual(await synced(), ['a.js', 'handler.js'], 'all of it, for a container that was made anew')
    await rm(join(rig.cwd, 'fn/a.js'))
    await says(/-a\.js: in place/)
    assert.deepEqual(await synced(), ['handler.js', '.wh.a.js'])

    const { stdout } = await end()
    assert.match(stdout, /put back \(revision 4\)/)
    assert.equal(rig.requests.at(-1)?.body.toString(), '{"revision":4}')
    assert.equal(count('POST /build'), 1)
    const body = JSON.parse(String(rig.requests.find(({ method }) => method === 'PUT')?.body)) as {
      readonly annotations: object
    }
    assert.deepEqual(body.annotations, { 'com.sampan.dev': '/home/app/function' })
  })

  it('builds for dependencies and for the stack file, and where the gateway refuses to change in place', async () => {
    start()
    await says(/built and ready/)

    await write({ 'fn/package.json': '{ }' })
    await eventually(() => count('POST /build') === 2, LIMIT_MS)
    await says(/package\.json: building[^]*built and ready/)
    await write({ 'stack.yaml': `${STACK}    environment:\n      A: b\n` })
    await eventually(() => count('POST /build') === 3, LIMIT_MS)
    await eventually(() => output.split('built and ready').length === 4, LIMIT_MS)
    rig.reply('POST', `${FN}/sync`, { status: 409, body: 'its root is read-only' })
    await write({ 'fn/handler.js': '3' })

    await says(/its root is read-only[^]*building/)
    await eventually(() => count('POST /build') === 4, LIMIT_MS)
  })

  it('goes on after a build that failed and a daemon that was away, and heals', async () => {
    rig.reply(
      'POST',
      '/build',
      lines({ status: 'in_progress', log: ['sorry'] }, { status: 'failed', error: 'no' }),
      built,
    )
    start()
    await says(/sorry\n[^]*the build failed: no[^]*next edit tries again/)

    await write({ 'fn/handler.js': '2' })
    await says(/built and ready/)
    rig.reply(
      'POST',
      `${FN}/sync`,
      { stream: (response) => response.destroy() },
      { body: '{"replica":"r1"}' },
    )
    await write({ 'fn/handler.js': '3' })

    await says(/cannot reach the gateway[^]*again: in place/)
  })

  it('changes a container again that was made anew, of which its log tells', async () => {
    let log: import('node:http').ServerResponse | undefined
    rig.reply('GET', '/system/logs', {
      stream: (response) => {
        response.writeHead(200).flushHeaders()
        log = response
      },
    })
    const line = (instance: string, second: number): void => {
      const timestamp = `2030-01-01T00:00:0${second}Z`
      log?.write(
        JSON.stringify({ name: 'fn', namespace: 'x', instance, timestamp, text: `from ${instance}\n` }),
      )
    }
    start()
    await says(/built and ready/)
    await eventually(() => log !== undefined, LIMIT_MS)
    line('r1', 1)
    await says(/from r1/)
    await write({ 'fn/handler.js': '2' })
    await says(/handler\.js: in place/)
    const before = count(`POST ${FN}/sync`)

    line('r1', 2)
    line('r2', 3)

    await says(/again: in place/)
    assert.equal(count(`POST ${FN}/sync`), before + 1)
  })

  it('removes what was not there before, also after one that was killed', async () => {
    deployed({ 'com.sampan.dev': '/home/app/function', 'com.sampan.dev.new': 'true' })
    start('fn')
    await says(/taken over[^]*built and ready/)

    const { stdout } = await end()

    assert.match(stdout, /removed, as there was none before/)
    assert.equal(rig.asked.at(-1), 'DELETE /system/functions')
  })

  it('--keep builds and deploys at the end, without the mark', async () => {
    deployed(null, { 'com.sampan.dev': '/x' })
    start('--keep')
    await says(/built and ready/)

    const { stdout } = await end()

    assert.match(stdout, /deployed for good/)
    const body = JSON.parse(String(rig.requests.findLast(({ method }) => method === 'PUT')?.body)) as object
    assert.deepEqual(body, {
      service: 'fn',
      image: ID,
      labels: {},
      annotations: {},
    })
  })

  it('--keep puts back what was there when what is here cannot be built', async () => {
    rig.reply('POST', '/build', built, lines({ status: 'failed', error: 'a test failed' }))
    start('--keep')
    await says(/built and ready/)

    const { stdout } = await end()

    assert.match(stdout, /a test failed[^]*put back \(revision 4\)/)
  })

  it('says what is left when it cannot be put back', async () => {
    rig.reply('POST', `${FN}/rollback`, { status: 500, body: 'the disk is full' })
    start()
    await says(/built and ready/)

    const { stdout } = await end()

    assert.match(stdout, /the disk is full[^]*not put back: fn\. Later: sampan rollback NAME, or sampan up/)
  })

  it('is marked in lists and descriptions while it lasts', async () => {
    const annotations = { 'com.sampan.dev': '/home/app/function' }
    deployed(annotations)
    const shown = { name: 'fn', image: 'x', availableReplicas: 1, annotations }
    rig.reply('GET', '/system/functions', {
      body: JSON.stringify([shown, { ...shown, name: 'other', annotations: {} }]),
    })

    const { stdout } = await rig.run(['list', '--output', 'wide'])
    assert.match(stdout, /^fn .*ready \(dev\)/m)
    assert.match(stdout, /^other .*ready  /m)
    assert.match((await rig.run(['describe', 'fn'])).stdout, /^Mode: +dev: changed by sampan dev/m)
  })

  it('says at once what is wrong with the command line', async () => {
    assert.match((await rig.run(['dev', 'nobody'])).stderr, /no function nobody in the stack file/)
    rig.reply('GET', '/publickey', { status: 404 })
    assert.match((await rig.run(['dev'])).stderr, /builds no images[^]*up --watch/)
  })
})

const ID = `sha256:${'a'.repeat(64)}`
const STACK =
  'version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n  fn:\n    lang: node\n    handler: ./fn\n    image: me/fn\n'
const built = lines({ status: 'success', id: ID })

function lines(...objects: readonly object[]): ScriptedReply {
  return { body: objects.map((object) => `${JSON.stringify(object)}\n`).join('') }
}

async function* pieces(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}
