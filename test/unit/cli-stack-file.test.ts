import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { loadStack } from '../../src/cli/stack/load-stack.ts'
import { parseStack } from '../../src/cli/stack/parse-stack.ts'
import { CliRig } from '../fixtures/cli-rig.ts'

const HEAD = 'version: 1.0\nprovider:\n  name: openfaas\n'

function functionOf(lines: string) {
  const text = `${HEAD}functions:\n  f:\n    image: i\n${lines.replace(/^/gm, '    ')}\n`
  const [found] = parseStack(text, 'stack.yaml').stack.functions
  return found ?? assert.fail('no function')
}

// Each row of cli.md 4.2.
describe('a stack file', () => {
  it('18.5.59: has the text of scalars as it stands there', () => {
    const { environment } = functionOf(
      'environment:\n  A: 1.10\n  B: 1e3\n  C: 0x1F\n  D: 2020-01-02\n  E: true\n  F: 12345678901234567890\n  G:\n  H: ~\n  I: "~"',
    )

    assert.deepEqual(environment, {
      A: '1.10',
      B: '1e3',
      C: '0x1F',
      D: '2020-01-02',
      E: 'true',
      F: '12345678901234567890',
      G: '',
      H: '',
      I: '~',
    })
  })

  for (const [lines, message] of [
    ['environment:\n  A: [1]', /line 8: cannot unmarshal !!seq into string/],
    ['environment:\n  - A=1', /cannot unmarshal !!seq into map\[string\]string/],
    ['skip_build: "true"', /cannot unmarshal !!str `true` into bool/],
    ['skip_build: maybe', /into bool/],
    ['lang: a\nlang: b', /mapping key "lang" already defined at line 7/],
    ['secrets: a', /into \[\]string/],
  ] as const) {
    it(`18.5.59: is refused: ${JSON.stringify(lines)}`, () =>
      assert.throws(() => functionOf(lines), { name: 'CliError', message }))
  }

  it('18.5.59: has switches as YAML 1.1 wrote them, anchors and shallow merges', () => {
    for (const [word, expected] of [
      ['yes', true],
      ['on', true],
      ['n', false],
      ['false', false],
    ] as const)
      assert.equal(functionOf(`skip_build: ${word}`).skipBuild, expected)
    const text = `${HEAD}functions:\n  a: &a\n    image: i\n    lang: node\n    environment: {X: 1, Y: 2}\n  b:\n    <<: *a\n    environment: {Z: 3}\n`

    const b = parseStack(text, 's').stack.functions[1]

    assert.deepEqual([b?.lang, b?.environment], ['node', { Z: '3' }])
  })

  it('18.5.60: is the first of several documents, and empty functions are none', () => {
    assert.equal(
      parseStack(`${HEAD}functions:\n---\nprovider: {name: faas}\n`, 's').stack.functions.length,
      0,
    )
  })

  for (const [text, message] of [
    [
      'functions: {}\n',
      /\['openfaas'\] is the only valid "provider.name" for the OpenFaaS CLI, but you gave: $/,
    ],
    ['provider: {name: faas}\n', /but you gave: faas$/],
    [
      'version: 1.1\nprovider: {name: openfaas}\n',
      /\[1\.0\] are the only valid versions for the stack file - found: 1\.1$/,
    ],
    ['a: [1\n', /^error with YAML file s/],
  ] as const) {
    it(`18.5.60: is refused: ${JSON.stringify(text)}`, () =>
      assert.throws(() => parseStack(text, 's'), { name: 'CliError', message }))
  }

  it('says what it has in vain, with the line and what may be meant', () => {
    const { remarks } = parseStack(
      `${HEAD}functions:\n  f:\n    image: i\n    build-args: {}\n    read_timeout: 5s\n`,
      's',
    )

    assert.deepEqual(
      remarks.map(({ line, message }) => `${line} ${message}`),
      [
        '7 "build-args" is no key of function f and means nothing there: did you mean "build_args"?',
        '8 "read_timeout" is no key of function f and means nothing there: it is a variable, and belongs under environment',
      ],
    )
  })
})

describe('the stack file in use', () => {
  async function rigWith(files: Readonly<Record<string, string>>) {
    const rig = await CliRig.start()
    for (const [name, text] of Object.entries(files)) await writeFile(join(rig.cwd, name), text)
    const notes: string[] = []
    const session = {
      stdin: process.stdin,
      stdout: process.stdout,
      stderr: { write: (line: string) => notes.push(line) } as unknown as NodeJS.WriteStream,
      env: { V: 'one\ntwo', MEMORY: '64Mi' },
      cwd: rig.cwd,
      clock: systemClock,
      signal: new AbortController().signal,
    }
    const load = (flags: Partial<Parameters<typeof loadStack>[1]> = {}) =>
      loadStack(session, { yaml: '', filter: '', regex: '', ...flags })
    return { rig, notes, load }
  }
  const named = (...names: readonly string[]): string =>
    `${HEAD}functions:\n${names.map((name) => `  ${name}: {image: i}\n`).join('')}`

  it('18.5.61: is stack.yaml before stack.yml, the one that is named, or none', async () => {
    const { rig, load } = await rigWith({
      'stack.yaml': named('a'),
      'stack.yml': named('b'),
      'other.yml': named('c'),
    })
    await using _ = rig

    assert.equal((await load())?.functions[0]?.name, 'a')
    assert.equal((await load({ yaml: 'other.yml' }))?.functions[0]?.name, 'c')
    await assert.rejects(load({ yaml: 'missing.yml' }), {
      message: /missing\.yml cannot be read: no such file/,
    })
  })

  it('18.5.61: is fetched from a URL, which must answer with 200', async () => {
    const { rig, load, notes } = await rigWith({})
    await using _ = rig
    rig.reply('GET', '/stack.yml', { body: named('far') })
    rig.reply('GET', '/gone.yml', { status: 404, body: 'no' })

    assert.equal((await load({ yaml: `${rig.url}/stack.yml` }))?.functions[0]?.name, 'far')
    assert.match(notes.join(''), /^Parsed: http/)
    await assert.rejects(load({ yaml: `${rig.url}/gone.yml` }), { message: /status 404$/ })
    assert.equal(await load(), null)
  })

  it('18.5.62: has the functions that a filter or an expression chooses, in its own order', async () => {
    const { rig, load } = await rigWith({ 'stack.yaml': named('b-two', 'a-one', 'a-two') })
    await using _ = rig
    const names = async (flags: Parameters<typeof load>[0]) =>
      (await load(flags))?.functions.map(({ name }) => name)

    assert.deepEqual(await names({ filter: '*-two' }), ['b-two', 'a-two'])
    assert.deepEqual(await names({ filter: 'a*o*' }), ['a-one', 'a-two'])
    assert.deepEqual(
      await names({ filter: 'a' }).catch((error: unknown) => String(error).includes('no functions matching')),
      true,
    )
    assert.deepEqual(await names({ regex: '^a' }), ['a-one', 'a-two'])
    await assert.rejects(load({ filter: 'a', regex: 'a' }), {
      message: 'pass in a regex or a filter, not both',
    })
  })

  it('has variables of several lines where they are a whole value, and none replaced on request', async () => {
    const text = `${HEAD}functions:\n  f:\n    image: i\n    environment:\n      A: \${V}\n    limits:\n      memory: \${MEMORY}\n`
    const { rig, load } = await rigWith({ 'stack.yaml': text })
    await using _ = rig

    const replaced = (await load())?.functions[0]
    const plain = (await load({ envsubst: false }))?.functions[0]

    assert.deepEqual([replaced?.environment['A'], replaced?.limits.memory], ['one\ntwo', '64Mi'])
    assert.deepEqual([plain?.environment['A'], plain?.limits.memory], ['${V}', '${MEMORY}'])
  })
})
