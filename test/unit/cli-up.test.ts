import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { entriesOf } from '../../src/core/tar-entries.ts'
import { unsealed } from '../../src/cli/sealing/sealed-file.ts'
import { newKeyPair } from '../../src/sealing/box.ts'
import { CliRig, type ScriptedReply } from '../fixtures/cli-rig.ts'
import { ScriptedDocker } from '../fixtures/scripted-docker.ts'

const ID = `sha256:${'a'.repeat(64)}`

describe('sampan up, and builds that are made elsewhere', () => {
  let rig: CliRig
  const keys = newKeyPair()

  beforeEach(async () => {
    rig = await CliRig.start()
    const body = JSON.stringify({
      key_id: 'x',
      algorithm: 'nacl/box',
      public_key: Buffer.from(keys.publicKey).toString('base64'),
    })
    rig.reply('GET', '/publickey', { body })
    rig.reply('GET', '/system/info', { body: '{"arch":"x86_64"}' })
    rig.reply('PUT', '/system/functions', { status: 404 })
    rig.reply('POST', '/system/functions', { status: 202 })
    rig.reply(
      'POST',
      '/build',
      lines({ status: 'in_progress', log: ['step 1'] }, { status: 'success', id: ID }),
    )
    const stack = `version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n  fn:\n    lang: dockerfile\n    handler: ./fn\n    image: me/fn\n    fprocess: cat\n    build_secrets:\n      key: ./key\n`
    for (const [path, text] of Object.entries({
      'stack.yaml': stack,
      'fn/Dockerfile': 'FROM base\nCOPY fwatchdog /usr/bin/fwatchdog\n',
      'fn/run.sh': 'x',
      key: 'quiet',
      payload: ' secret\n',
    })) {
      await mkdir(dirname(join(rig.cwd, path)), { recursive: true })
      await writeFile(join(rig.cwd, path), text)
    }
  })
  afterEach(() => rig[Symbol.asyncDispose]())

  const run = async (...words: string[]) => {
    const docker = await ScriptedDocker.in(rig.home)
    const result = await rig.run(words, { env: docker.env })
    return { ...result, calls: await docker.calls() }
  }
  const remote = () => ['--remote-builder', `${rig.url}/any`, '--payload-secret', 'payload']

  it('18.6.79: source goes to the host, and what it built is deployed by its id; nothing is pushed', async () => {
    const { status, stdout, stderr, calls } = await run('up', '--no-wait')

    assert.equal(status, 0, stderr)
    assert.deepEqual(calls, [])
    assert.match(stdout, /step 1\nImage: me\/fn:latest built\./)
    assert.match(stdout, /Deployed\. 202 Accepted\.\nURL: http:\/\/127\.0\.0\.1:\d+\/function\/fn\n/)
    const deployed = JSON.parse(rig.requests.at(-1)?.body.toString() ?? '') as Record<string, unknown>
    assert.deepEqual(deployed, { service: 'fn', image: ID, envProcess: 'cat', labels: {}, annotations: {} })
    const sent = await entriesIn(rig.requests.find(({ target }) => target === '/build')?.body)
    assert.deepEqual(Object.keys(sent), [
      'context',
      'context/Dockerfile',
      'context/fwatchdog',
      'context/run.sh',
      'com.openfaas.docker.config',
      'com.openfaas.secrets',
    ])
    assert.deepEqual(JSON.parse(String(sent['com.openfaas.docker.config'])), {
      image: 'me/fn:latest',
      buildArgs: { ADDITIONAL_PACKAGE: '' },
    })
    const secrets = await unsealed(String(sent['com.openfaas.secrets']), keys.privateKey)
    assert.equal(Buffer.from(secrets.get('key') ?? []).toString(), 'quiet')
  })

  it('18.6.79: stages follow each other, and flags leave some out', async () => {
    const stages = async (...flags: string[]): Promise<readonly string[]> => {
      const before = (await (await ScriptedDocker.in(rig.home)).calls()).length
      const from = rig.requests.length
      const { calls } = await run('up', ...flags)
      const deploys = rig.requests
        .slice(from)
        .filter(({ method, target }) => `${method} ${target}` === 'POST /system/functions')
      return [...calls.slice(before).map(({ words }) => words[0] ?? ''), ...deploys.map(() => 'deploy')]
    }
    assert.deepEqual(await stages('--local'), ['build', 'push', 'deploy'])
    assert.deepEqual(await stages('--skip-push'), ['build', 'deploy'])
    assert.deepEqual(await stages('--local', '--skip-deploy'), ['build', 'push'])
    assert.deepEqual(await stages('--publish'), ['buildx', 'buildx', 'deploy'])
    assert.deepEqual(await stages(...remote()), ['deploy'])
    const refused = await run('up', '--platforms', 'linux/arm64')
    assert.equal(refused.status, 1)
    assert.match(refused.stderr, /can only be used with --publish/)
    rig.reply('GET', '/publickey', { status: 404 })
    assert.deepEqual(await stages(), ['build', 'push', 'deploy'])
  })

  it('18.6.80: a remote builder gets a signed payload, and its word is the last', async () => {
    const done = await run('build', ...remote())
    assert.equal(done.status, 0, done.stderr)
    const asked = rig.requests.find(({ target }) => target === '/build')
    const signature = createHmac('sha256', 'secret')
      .update(asked?.body ?? '')
      .digest('hex')
    assert.equal(asked?.headers['x-build-signature'], `sha256=${signature}`)
    assert.equal(asked?.headers['accept'], 'application/x-ndjson')
    assert.equal(asked?.headers['authorization'], undefined)

    for (const [reply, words] of [
      [lines({ status: 'failed', error: 'no base' }), /the build failed: no base/],
      [lines({ status: 'in_progress', log: ['x'] }), /broke off before the build had ended/],
      [{ status: 401, body: 'wrong signature' }, /401|unauthorized/],
      [{ body: 'html' }, /no JSON/],
    ] as const) {
      rig.reply('POST', '/build', reply)
      const { status, stderr } = await run('build', ...remote())
      assert.equal(status, 1)
      assert.match(stderr, words)
    }
    assert.match((await run('build', '--remote-builder', rig.url)).stderr, /needs --payload-secret/)
  })

  it('--replace removes before it makes', async () => {
    rig.reply('DELETE', '/system/functions', { status: 202 })
    assert.match((await run('up', '--replace')).stderr, /--update and --replace/)
    const { status, stdout } = await run('up', '--no-wait', '--replace', '--update=false', '-n', 'dev')
    assert.equal(status, 0)
    assert.match(stdout, /Removing old function\./)
    assert.deepEqual(rig.asked.slice(-2), ['DELETE /system/functions', 'POST /system/functions'])
    assert.equal(rig.requests.at(-2)?.body.toString(), '{"functionName":"fn","namespace":"dev"}')
  })

  it('the command of a step is one line at a terminal, and whole elsewhere; what it says is never cut', async () => {
    const [step, said] = [`#7 [6/9] RUN ${'long '.repeat(30)}end`, `#7 ${'error '.repeat(30)}end`]
    rig.reply(
      'POST',
      '/build',
      lines({ status: 'in_progress', log: [step, said] }, { status: 'success', id: ID }),
    )

    const piped = await rig.run(['up', '--no-wait'])
    const shown = await rig.run(['up', '--no-wait'], { isTTY: true })

    assert.ok(piped.stdout.includes(step) && piped.stdout.includes(said) && shown.stdout.includes(said))
    assert.match(shown.stdout, /^#7 \[6\/9\] RUN (?:long )+l?o?n?g?…$/m)
    assert.ok(shown.stdout.split('\n').every((line) => line.length <= 80 || line === said))
  })

  it('a build that fails on the host deploys nothing', async () => {
    rig.reply('POST', '/build', lines({ status: 'failed', error: 'no base' }))
    const { status, stderr } = await run('up')
    assert.equal(status, 1)
    assert.match(stderr, /the build failed: no base/)
    assert.ok(!rig.asked.includes('PUT /system/functions'))
  })
})

function lines(...all: readonly object[]): ScriptedReply {
  return { body: all.map((line) => `${JSON.stringify({ log: [], image: 'x', ...line })}\n`).join('') }
}

async function entriesIn(body: Uint8Array = new Uint8Array()): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  const source = (async function* () {
    yield body
  })()
  for await (const entry of entriesOf(source)) {
    const chunks: Uint8Array[] = []
    for await (const chunk of entry.content) chunks.push(chunk)
    found[entry.path] = Buffer.concat(chunks).toString()
  }
  return found
}
