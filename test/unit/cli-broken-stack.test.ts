import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { AnyCommand } from '../../src/cli/args/command.ts'
import { COMMANDS } from '../../src/cli/table/commands.ts'
import { CliRig } from '../fixtures/cli-rig.ts'

/** Of every command that has `--gateway`: words that it needs. Null: it reads the functions of the file, which then must be right. */
const WORDS: Readonly<Record<string, readonly string[] | null>> = {
  'calls cancel': ['x'],
  'calls list': [],
  'calls result': ['x'],
  'calls show': ['x'],
  backup: ['x.tar'],
  'dead-letters delete': ['x', '--yes'],
  'dead-letters list': [],
  'dead-letters replay': ['x'],
  'dead-letters show': ['x'],
  deploy: null,
  describe: ['x'],
  dev: null,
  diff: null,
  events: [],
  export: [],
  invoke: ['x'],
  list: [],
  login: ['-p', 'x'],
  logout: [],
  logs: ['x', '--tail=false'],
  'namespace create': ['x'],
  'namespace get': ['x'],
  'namespace list': [],
  'namespace remove': ['x'],
  'namespace update': ['x'],
  namespaces: [],
  'queue list': [],
  'queue pause': ['x'],
  'queue purge': ['x', '--yes'],
  'queue resume': ['x'],
  ready: ['--attempts', '1'],
  remove: ['x'],
  revisions: ['x'],
  rollback: ['x'],
  scale: ['x', '1'],
  'secret apply': [],
  'secret create': ['x', '--from-literal', 'x'],
  'secret list': [],
  'secret remove': ['x'],
  'secret update': ['x', '--from-literal', 'x'],
  'store deploy': ['nodeinfo', '--offline'],
  up: null,
}

/** Those for which `--gateway` means something else, or whose file is another one. */
const OTHERS = ['doctor', 'import', 'new', 'version', 'context add']

const BROKEN = 'provider:\n  name: openfaas\n  gateway: http://127.0.0.1:1\nfunctions: ['
const nameOf = ({ path }: AnyCommand): string => path.join(' ')
const asking = COMMANDS.filter(({ flags }) => Object.hasOwn(flags, 'gateway')).filter(
  (command) => !OTHERS.includes(nameOf(command)),
)

async function rigWith(stack: string): Promise<CliRig> {
  const rig = await CliRig.start()
  await writeFile(join(rig.cwd, 'stack.yaml'), stack)
  await mkdir(join(rig.cwd, '.secrets'))
  await writeFile(join(rig.cwd, '.secrets', 'x'), 'x')
  return rig
}

describe('a stack.yaml that is broken', () => {
  for (const command of asking) {
    const name = nameOf(command)
    const words = WORDS[name]
    it(`${name}: no gateway is asked, because the file may name it`, async () => {
      assert.notEqual(words, undefined, `${name} is not in the table of this test`)
      await using rig = await rigWith(BROKEN)

      const { status, stderr } = await rig.run([...command.path, ...(words ?? [])])

      assert.equal(status, 1)
      assert.match(stderr, /^Error with YAML file stack\.yaml/m)
      assert.deepEqual(rig.asked, [])
    })

    if (words !== null && words !== undefined && name !== 'logout')
      it(`${name}: goes on where the command line names the gateway, and says what it does`, async () => {
        await using rig = await rigWith(BROKEN)

        const { stderr } = await rig.run([...command.path, ...words, '-g', rig.url], {
          env: { OPENFAAS_URL: '' },
        })

        assert.ok(rig.asked.length > 0)
        assert.match(stderr, /^Nothing is taken from stack\.yaml: error with YAML file/m)
      })
  }

  it('is no reason for deploy --image to ask another gateway, nor for up --image', async () => {
    for (const words of [
      ['deploy', '--image', 'me/x', '--name', 'x'],
      ['up', '--image', 'me/x', '--name', 'x', '--lang', 'dockerfile', '--handler', '.'],
    ]) {
      await using rig = await rigWith(BROKEN)
      const { status, stderr } = await rig.run(words)
      assert.equal(status, 1)
      assert.match(stderr, /stack\.yaml may name the gateway, so none was asked/)
      assert.deepEqual(rig.asked, [])
    }
  })

  it('keeps nobody from the version, nor from what needs no gateway', async () => {
    await using rig = await rigWith(BROKEN)
    for (const words of [
      ['version'],
      ['store', 'list', '--offline'],
      ['template', 'store', 'list', '--offline'],
      ['secret', 'generate'],
      ['context', 'list'],
      ['completion', 'bash'],
      ['generate', '--from-store', 'nodeinfo'],
    ]) {
      const { status, stderr } = await rig.run(words, { env: { SAMPAN_OFFLINE: '1' } })
      assert.equal(status, 0, `${words.join(' ')}: ${stderr}`)
      assert.deepEqual(rig.asked, [])
    }
  })

  it('is told by the doctor, whatever gateway is named', async () => {
    await using rig = await rigWith(BROKEN)
    const { status, stdout } = await rig.run(['doctor', '-g', rig.url])
    assert.equal(status, 1)
    assert.match(stdout, /failed +stack file +error with YAML file stack\.yaml/)
  })

  it('must be right where it is named', async () => {
    await using rig = await rigWith(BROKEN)
    const { status, stderr } = await rig.run(['list', '-f', 'stack.yaml', '-g', rig.url])
    assert.equal(status, 1)
    assert.match(stderr, /^Error with YAML file/)
    assert.deepEqual(rig.asked, [])
  })
})

describe('a stack.yaml that is of something else', () => {
  for (const text of ['resolver: lts-22\npackages:\n  - .\n', '- a\n- b\n', ''])
    it(`is passed over by what wants to know a gateway only: ${JSON.stringify(text)}`, async () => {
      await using rig = await rigWith(text)
      rig.reply('GET', '/system/functions', { body: '[]' })
      const { status, stderr } = await rig.run(['list'])
      assert.equal(status, 0, stderr)
      assert.equal(stderr, '')
      assert.equal(rig.asked.length, 1)
      assert.equal((await rig.run(['deploy'])).status, 1)
    })
})
