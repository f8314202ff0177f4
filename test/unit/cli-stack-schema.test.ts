import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parse } from 'yaml'
import { parseStack } from '../../src/cli/stack/parse-stack.ts'
import { stackJsonSchema } from '../../src/cli/stack/stack-schema.ts'
import { CliRig } from '../fixtures/cli-rig.ts'
import { RememberingGateway } from '../fixtures/remembering-gateway.ts'
import { misfits } from '../fixtures/schema-check.ts'

const HEAD = 'version: 1.0\nprovider:\n  name: openfaas\n'

/** Every key there is. */
const FULL = `# yaml-language-server: $schema=.stack.schema.json
${HEAD}  gateway: http://127.0.0.1:8080
functions:
  fn:
    lang: node
    handler: ./fn
    image: me/fn:0.1
    fprocess: node index.js
    environment:
      NUMBER: 1.10
      SWITCH: true
      NOTHING:
    environment_file: [env.yml]
    secrets: [a]
    skip_build: yes
    constraints: []
    labels: { topic: x }
    annotations:
      schedule: "* * * * *"
    limits: { memory: 128Mi, cpu: 100m }
    requests: { memory: 64Mi, cpu: 1 }
    readonly_root_filesystem: false
    build_options: [dev]
    build_args: { A: b }
    build_secrets: { npmrc: ./npmrc }
    platforms: linux/amd64
    namespace: dev
  bare:
    image: me/bare
    environment:
configuration:
  templates:
    - name: node
      source: https://example.com/templates.git
  copy: [./common]
`

const wrongIn = (text: string): readonly string[] => misfits(stackJsonSchema(), parse(text))

describe('the JSON Schema of stack files', () => {
  it('is what the package ships, and what sampan schema prints (npm run schema)', async () => {
    await using rig = await CliRig.start()

    const { stdout } = await rig.run(['schema'])

    assert.equal(await readFile('schema/stack.json', 'utf8'), stdout)
    assert.deepEqual(JSON.parse(stdout), stackJsonSchema())
  })

  it('takes a file with every key, and the line that names it keeps nobody from reading the file', () => {
    assert.deepEqual(wrongIn(FULL), [])
    assert.deepEqual(parseStack(FULL, 'stack.yaml').remarks, [])
    const { properties } = (stackJsonSchema() as { $defs: { function: { properties: object } } }).$defs
      .function
    for (const key of Object.keys(properties)) assert.match(FULL, new RegExp(`^ {4}${key}:`, 'm'))
  })

  it('takes what new and export write', async () => {
    await using rig = await CliRig.start()
    const limits = ['--cpu-limit', '100m', '--memory-request', '64Mi', '--offline']
    for (const lang of ['node', 'python', 'dockerfile']) {
      const { status, stderr } = await rig.run([
        'new',
        `a-${lang}`,
        '--lang',
        lang,
        '-f',
        `${lang}.yaml`,
        ...limits,
      ])
      assert.equal(status, 0, stderr)
      assert.deepEqual(wrongIn(await readFile(join(rig.cwd, `${lang}.yaml`), 'utf8')), [])
    }
    await using gateway = await RememberingGateway.start()
    gateway.deploy({
      service: 'fn',
      image: 'me/fn',
      envVars: { A: '1' },
      secrets: ['a'],
      limits: { cpu: '1' },
    })
    assert.deepEqual(wrongIn((await gateway.rig.run(['export'])).stdout), [])
    assert.deepEqual(wrongIn(`${HEAD}functions:\n`), [])
  })

  for (const [what, text, place] of [
    [
      'a key that is none',
      `${HEAD}functions:\n  fn:\n    image: x\n    build-args: {}\n`,
      '/functions/fn/build-args',
    ],
    [
      'a variable beside environment',
      `${HEAD}functions:\n  fn:\n    image: x\n    read_timeout: 1\n`,
      '/functions/fn/read_timeout',
    ],
    ['no image', `${HEAD}functions:\n  fn:\n    lang: node\n`, '/functions/fn: required'],
    [
      'a list for a map',
      `${HEAD}functions:\n  fn:\n    image: x\n    environment: [a]\n`,
      '/functions/fn/environment: type',
    ],
    ['a name that no gateway takes', `${HEAD}functions:\n  A_b:\n    image: x\n`, '/functions/A_b'],
    ['another version', `version: 1.1\nprovider:\n  name: openfaas\n`, '/version'],
    ['another provider', `provider:\n  name: faas\n`, '/provider/name'],
    [
      'a switch that is none',
      `${HEAD}functions:\n  fn:\n    image: x\n    skip_build: maybe\n`,
      '/functions/fn/skip_build',
    ],
  ] as const)
    it(`finds ${what}`, () => {
      const found = wrongIn(text)
      assert.equal(found.length, 1)
      assert.ok(found[0]?.startsWith(place), found[0])
    })
})
