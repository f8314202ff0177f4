import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'
import { type GitServer, startGitServer } from '../fixtures/git-server.ts'

let server: GitServer
before(async () => {
  server = await startGitServer()
})
after(async () => server[Symbol.asyncDispose]())

async function withList(): Promise<{
  readonly rig: CliRig
  readonly env: Record<string, string>
  readonly list: object[]
}> {
  const rig = await CliRig.start()
  const usual = {
    platform: 'x86_64',
    language: 'L',
    source: 'tests',
    repo: server.url,
    official: 'true',
    recommended: true,
  }
  const entry = (template: string, given: object) => ({
    template,
    ...usual,
    description: `About ${template}`,
    ...given,
  })
  const list = [
    entry('zeta', { official: 'false', recommended: false }),
    entry('alpha', {}),
    entry('beta', { official: 'false' }),
    entry('gamma', { recommended: false }),
    entry('arm', { platform: 'armhf' }),
  ]
  rig.reply('GET', '/t.json', { body: JSON.stringify(list) })
  return { rig, env: { OPENFAAS_TEMPLATE_STORE_URL: `${rig.url}/t.json` }, list }
}

const COLUMNS = /^(\S+)\s+(\[.\])\s+(\S+)\s\s+(.*\S)$/

describe('template store list', () => {
  it('18.6.84: is ordered and has its columns where they belong', async () => {
    const { rig, env } = await withList()
    await using _ = rig
    const { stdout } = await rig.run(['template', 'store', 'list'], { env })
    const [heading = '', ...rows] = stdout.trimEnd().split('\n')
    assert.match(heading, /^NAME\s+RECOMMENDED\s+SOURCE\s+DESCRIPTION$/)
    assert.deepEqual(
      rows.map((row) => COLUMNS.exec(row)?.slice(1)),
      [
        ['beta', '[x]', 'tests', 'About beta'],
        ['alpha', '[x]', 'tests', 'About alpha'],
        ['zeta', '[ ]', 'tests', 'About zeta'],
        ['gamma', '[ ]', 'tests', 'About gamma'],
      ],
    )
    const wide = await rig.run(['template', 'store', 'list', '-v'], { env })
    assert.match(wide.stdout, /^NAME\s+RECOMMENDED\s+SOURCE\s+DESCRIPTION\s+LANGUAGE\s+PLATFORM\n/)
  })

  it('18.6.84: flags choose; JSON has every platform', async () => {
    const { rig, env, list } = await withList()
    await using _ = rig
    const names = async (...flags: readonly string[]): Promise<string> =>
      (await rig.run(['template', 'store', 'ls', '--output', 'name', ...flags], { env })).stdout
    assert.equal(await names('--official'), 'alpha\ngamma\n')
    assert.equal(await names('-r'), 'beta\nalpha\n')
    assert.equal(await names('-p', 'ARMHF'), 'arm\n')
    const none = await rig.run(['template', 'store', 'list', '-p', 's390x'], { env })
    assert.deepEqual([none.status, none.stdout], [0, ''])
    const json = await rig.run([
      'template',
      'store',
      'list',
      '-j',
      '--url',
      env['OPENFAAS_TEMPLATE_STORE_URL'] ?? '',
    ])
    assert.deepEqual(JSON.parse(json.stdout), list)
  })

  it('18.6.85: without a network it is what comes with the program, those of others after it', async () => {
    await using rig = await CliRig.start()
    const { status, stdout } = await rig.run(['template', 'store', 'list', '--offline'])
    assert.equal(status, 0)
    assert.match(
      stdout,
      /^bash +\[x\] +sampan [^]*^typescript +\[x\] +sampan [^]*^node22 .*needs the network/m,
    )
  })

  it('18.6.85: a store that cannot be had is what it was', async () => {
    const { rig, env } = await withList()
    await using _ = rig
    const first = await rig.run(['template', 'store', 'list'], { env })
    rig.reply('GET', '/t.json', { status: 500 })
    const second = await rig.run(['template', 'store', 'list'], { env })
    assert.deepEqual([second.status, second.stdout.includes('beta')], [0, true])
    assert.ok(first.stdout.includes('beta'))
    assert.match(second.stderr, /status 500.*what it was at/)
  })
})

describe('template store describe and pull', () => {
  it('finds by name and by long name', async () => {
    const { rig, env } = await withList()
    await using _ = rig
    for (const name of ['alpha', 'tests/alpha']) {
      const { status, stdout } = await rig.run(['template', 'store', 'describe', name], { env })
      assert.equal(status, 0)
      assert.match(
        stdout,
        /^Name: +alpha\nDescription: +About alpha\nLanguage: +L\nSource: +tests\nRepository: +git:/,
      )
    }
    assert.equal((await rig.run(['template', 'store', 'describe', 'delta'], { env })).status, 1)
  })

  it('pulls all templates of the repository, of a version too; ours into ./template', async () => {
    const { rig, env } = await withList()
    await using _ = rig
    const { status, stdout } = await rig.run(['template', 'store', 'pull', 'tests/alpha@v9'], { env })
    assert.deepEqual([status, stdout], [0, 'Wrote 2 template(s) : [alpha@v9 beta@v9]\n'])
    assert.equal((await rig.run(['template', 'store', 'pull', 'node', '--offline'])).status, 0)
    assert.ok(existsSync(join(rig.cwd, 'template/node/index.mjs')))
  })
})
