import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

const HEAD = 'version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n'
const STACK = `${HEAD}  fn:
    image: me/fn
    fprocess: cat
    environment: { a: 1, here: x }
    secrets: [s]
    labels: { l: 1 }
    limits: { memory: 128Mi }
`
const DEPLOYED = {
  name: 'fn',
  image: 'me/fn:latest',
  envProcess: 'cat',
  envVars: { a: '1', here: 'x' },
  secrets: ['s'],
  labels: { l: '1' },
  annotations: {},
  limits: { memory: '128Mi' },
  replicas: 1,
}

describe('sampan diff and validate', () => {
  let rig: CliRig

  beforeEach(async () => {
    rig = await CliRig.start()
    await writeFile(join(rig.cwd, 'stack.yaml'), STACK)
  })
  afterEach(() => rig[Symbol.asyncDispose]())

  const diff = (deployed: readonly object[], ...flags: readonly string[]) => {
    rig.reply('GET', '/system/functions', { body: JSON.stringify(deployed) })
    return rig.run(['diff', ...flags])
  }

  it('what is deployed as the stack file says is no difference', async () => {
    const { status, stdout } = await diff([DEPLOYED])
    assert.equal(status, 0)
    assert.equal(stdout, 'YAML matches deployment, no differences found.\n')
    await diff([DEPLOYED], '-n', 'dev')
    assert.equal(rig.asked.at(-1), 'GET /system/functions?namespace=dev')
  })

  it('differences stand side by side, and are an exit status of 1', async () => {
    const other = {
      ...DEPLOYED,
      image: 'me/fn:2',
      annotations: { more: 'x' },
      secrets: null,
      readOnlyRootFilesystem: true,
    }
    const { status, stdout, stderr } = await diff([other])
    assert.equal(status, 1)
    const field = (mark: string, name: string, value: string): string =>
      `${mark} ${`${name}:`.padEnd(25)} ${value}`.padEnd(40)
    assert.equal(
      stdout,
      [
        'fn',
        `  ${'stack.yaml'.padEnd(40)} | ${'deployed'.padEnd(40)}`,
        `  ${'-'.repeat(40)}-+-${'-'.repeat(40)}`,
        `  ${' '.repeat(40)} | ${field('+', 'annotation.more', 'x')}`,
        `  ${field('-', 'image', 'me/fn:latest')} | ${field('+', 'image', 'me/fn:2')}`,
        `  ${field('-', 'readonly_root_filesystem', 'false')} | ${field('+', 'readonly_root_filesystem', 'true')}`,
        `  ${field('-', 'secret.s', 'present')} | ${' '.repeat(40)}`,
        '\n',
      ].join('\n'),
    )
    assert.match(stderr, /^Differences found$/m)
    const missing = await diff([])
    assert.equal(missing.status, 1)
    assert.match(missing.stdout, /- function: defined in stack\.yaml +\| \+ function: not deployed/)
  })

  it('--env says whose variables count; a process that the stack file does not name does not', async () => {
    const theirs = { ...DEPLOYED, envVars: { a: '1', there: 'y' } }
    const fields = async (side: string): Promise<readonly string[]> =>
      ((await diff([theirs], '--env', side)).stdout.match(/env\.\w+/g) ?? []).toSorted()
    assert.deepEqual(await fields('local'), ['env.here'])
    assert.deepEqual(await fields('remote'), ['env.there'])
    assert.deepEqual(await fields('all'), ['env.here', 'env.there'])
    assert.equal((await rig.run(['diff', '--env', 'none'])).status, 64)
    await writeFile(join(rig.cwd, 'stack.yaml'), STACK.replace('    fprocess: cat\n', ''))
    assert.equal((await diff([DEPLOYED])).status, 0)
  })

  it('validate: names line and mistake, and only an error is one for the exit status', async () => {
    await mkdir(join(rig.cwd, 'fn'))
    const validate = async (text: string) => {
      await writeFile(join(rig.cwd, 'stack.yaml'), text)
      return rig.run(['validate'])
    }
    assert.deepEqual(
      [(await validate(STACK)).stdout, (await validate(STACK)).status],
      ['stack.yaml: 1 function, no mistakes found\n', 0],
    )
    const warned = await validate(
      `${STACK}    read_timeout: 5s\n    lang: dockerfile\n    handler: ./fn\n  two:\n    image: x\n    secrets: [s, s]\n    environment: { a: "$\${b}" }\n`,
    )
    assert.equal(warned.status, 0)
    assert.match(warned.stdout, /^stack\.yaml:12: warning: "read_timeout" .*environment$/m)
    assert.match(warned.stdout, /^stack\.yaml:17: warning: two: secret s is listed twice$/m)
    assert.match(warned.stdout, /^stack\.yaml:18: warning: two: a has a "\$\{"/m)
    assert.match(warned.stdout, /\n0 errors, 3 warnings\n$/)

    const wrong = await validate(
      `${HEAD}  A_b:\n    lang: dockerfile\n    handler: ./gone\n    limits: { memory: lots }\n    environment_file: [none.yml]\n`,
    )
    assert.equal(wrong.status, 1)
    for (const line of [
      /^stack\.yaml:5: error: .*A_b/m,
      /^stack\.yaml:5: error: function A_b has no image$/m,
      /^stack\.yaml:7: error: A_b: the folder of the handler is not there: .*\/gone$/m,
      /^stack\.yaml:8: error: A_b, limits\.memory: /m,
      /^stack\.yaml:9: error: A_b: environment file is not there: .*none\.yml$/m,
      /^5 errors, 0 warnings$/m,
    ])
      assert.match(wrong.stdout, line)
    assert.equal((await validate('provider: {name: faas}\n')).status, 1)
    assert.equal(rig.requests.length, 0)
  })
})
