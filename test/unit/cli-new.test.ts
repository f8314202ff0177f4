import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { parse } from 'yaml'
import { CliRig } from '../fixtures/cli-rig.ts'
import { type GitServer, startGitServer } from '../fixtures/git-server.ts'

let server: GitServer
before(async () => {
  server = await startGitServer()
})
after(async () => server[Symbol.asyncDispose]())

/** A rig whose template store has `alpha` and `beta` of the git server. */
async function withStore(): Promise<{ readonly rig: CliRig; readonly env: Record<string, string> }> {
  const rig = await CliRig.start()
  const usual = {
    platform: 'x86_64',
    language: 'Text',
    source: 'tests',
    description: 'A test',
    repo: server.url,
  }
  const list = ['alpha', 'beta'].map((template) => ({
    template,
    ...usual,
    official: 'false',
    recommended: false,
  }))
  rig.reply('GET', '/templates.json', { body: JSON.stringify(list) })
  return { rig, env: { OPENFAAS_TEMPLATE_STORE_URL: `${rig.url}/templates.json` } }
}

const left = async (rig: CliRig): Promise<readonly string[]> =>
  (await readdir(rig.cwd)).filter((name) => name !== '.cache').toSorted()

describe('new', () => {
  it('18.6.66: writes the folder, the stack file and .gitignore', async () => {
    const { rig, env } = await withStore()
    await using _ = rig
    const words = ['new', 'f', '--lang', 'alpha', '--prefix', 'p', '--cpu-limit', '100m']
    const { status, stdout, stderr } = await rig.run(words, { env: { ...env, OPENFAAS_URL: '' } })
    assert.equal(status, 0, stderr)
    assert.equal(
      await readFile(join(rig.cwd, 'stack.yaml'), 'utf8'),
      `version: 1.0
provider:
  name: openfaas
  gateway: http://127.0.0.1:8080
functions:
  f:
    lang: alpha
    handler: ./f
    image: p/f:latest
    limits:
      cpu: 100m

`,
    )
    assert.equal((await stat(join(rig.cwd, 'stack.yaml'))).mode & 0o777, 0o600)
    assert.equal((await stat(join(rig.cwd, 'f'))).mode & 0o777, 0o700)
    assert.equal((await stat(join(rig.cwd, 'f/deep/run.sh'))).mode & 0o777, 0o755)
    assert.deepEqual((await readdir(join(rig.cwd, 'f'))).toSorted(), ['.hidden', 'deep', 'handler.txt'])
    assert.equal(await readFile(join(rig.cwd, '.gitignore'), 'utf8'), 'template\nbuild\n.secrets\n')
    assert.deepEqual(await readdir(join(rig.cwd, 'template')), ['alpha'])
    assert.match(stdout, /Stack file written: stack\.yaml\n\nNotes:\nWelcome to alpha\.\n/)
  })

  it('needs neither a network nor ./template for what comes with the program', async () => {
    await using rig = await CliRig.start()
    for (const lang of ['node', 'python', 'Dockerfile']) {
      const name = `f-${lang.toLowerCase()}`
      const { status, stderr } = await rig.run([
        'new',
        name,
        '--lang',
        lang,
        '-f',
        `${name}.yml`,
        '--offline',
      ])
      assert.equal(status, 0, stderr)
      assert.match(
        await readFile(join(rig.cwd, `${name}.yml`), 'utf8'),
        new RegExp(`lang: ${lang.toLowerCase()}\n`),
      )
    }
    assert.ok(existsSync(join(rig.cwd, 'f-node/handler.js')))
    assert.ok(existsSync(join(rig.cwd, 'f-dockerfile/Dockerfile')))
    assert.ok(!existsSync(join(rig.cwd, 'template')))
    assert.deepEqual(rig.asked, [])
    assert.match((await rig.run(['new', '--list'])).stdout, /^- go\n- java\n- node$/m)
  })

  it('prefers the template in ./template', async () => {
    await using rig = await CliRig.start()
    await mkdir(join(rig.cwd, 'template/node/function'), { recursive: true })
    await writeFile(join(rig.cwd, 'template/node/template.yml'), 'language: node\n')
    await writeFile(join(rig.cwd, 'template/node/function/mine'), '')
    assert.equal((await rig.run(['new', 'f', '--lang', 'node'])).status, 0)
    assert.deepEqual(await readdir(join(rig.cwd, 'f')), ['mine'])
  })

  it('18.6.67: a version of a template that was not fetched yet; a failure leaves nothing behind', async () => {
    const { rig, env } = await withStore()
    await using _ = rig
    const good = await rig.run(['new', 'g', '--lang', 'alpha@v9'], { env })
    assert.equal(good.status, 0, good.stderr)
    assert.equal(await readFile(join(rig.cwd, 'g/handler.txt'), 'utf8'), 'one')
    assert.deepEqual(await readdir(join(rig.cwd, 'template')), ['alpha@v9'])
    const before = await left(rig)
    for (const lang of ['alpha@v10', 'gamma', 'alpa', 'node@v3']) {
      const bad = await rig.run(['new', 'h', '--lang', lang, '--append', 'stack.yaml'], { env })
      assert.equal(bad.status, 1)
      assert.deepEqual(await left(rig), before, lang)
    }
    assert.match(
      (await rig.run(['new', 'h', '--lang', 'alpa', '-f', 'h.yml'], { env })).stderr,
      /Did you mean: alpha/,
    )
  })

  it('18.6.69: bad names, a duplicate, a folder or a file in the way: nothing is written', async () => {
    await using rig = await CliRig.start()
    await rig.run(['new', 'there', '--lang', 'bash'])
    await mkdir(join(rig.cwd, 'folder'))
    const before = await left(rig)
    const stack = await readFile(join(rig.cwd, 'stack.yaml'), 'utf8')
    const cases = [
      [['A_b', '-f', 'n.yml'], /no name of a function/],
      [['a'.repeat(64), '-f', 'n.yml'], /no name of a function/],
      [['b-', '-f', 'n.yml'], /no name of a function/],
      [['there', '--append', 'stack.yaml'], /already exists in stack\.yaml/],
      [['folder', '-f', 'n.yml'], /Folder: folder already exists/],
      [['other'], /File: stack\.yaml already exists/],
      [['other', '--append', 'none.yml'], /Unable to find file: none\.yml/],
      [['other', '--append', 'stack.txt'], /suffix should be/],
      [['--', '-a'], /no name of a function/],
    ] as const
    for (const [words, error] of cases) {
      const { status, stderr } = await rig.run(['new', '--lang', 'bash', ...words])
      assert.equal(status, 1, words.join(' '))
      assert.match(stderr, error)
    }
    assert.match((await rig.run(['new', 'x'])).stderr, /--lang/)
    assert.deepEqual(await left(rig), before)
    assert.equal(await readFile(join(rig.cwd, 'stack.yaml'), 'utf8'), stack)
  })
})

describe('18.6.68: new --append', () => {
  const FILES = {
    'another key after the functions':
      'functions:\n  a:\n    lang: x # this\n\n# What follows.\nconfiguration:\n  copy:\n    - b\n',
    'no line end at the end': 'version: 1.0\nfunctions:\n    a:\n        lang: x',
    'a text of several lines last':
      'functions:\n  a:\n    annotations:\n      b: |\n        one\n        two\nversion: 1.0\n',
    'a list and a comment last':
      "functions:\n  a: &base\n    secrets:\n      - 'one'\n      - two # of them\n# end\n",
    'a key without a value last': 'functions:\n  a:\n    lang: x\n    labels:\nversion: 1.0\n',
    'lists in brackets': 'functions:\n  a:\n    secrets: [one, {b: c}]\nversion: 1.0\n',
    'no functions yet': 'version: 1.0\nprovider:\n  name: openfaas',
    'functions that are nothing': 'functions:\nversion: 1.0\n',
    'functions that are an empty map': 'functions: {} # none\nversion: 1.0\n',
    'functions in braces': 'functions: {a: {lang: x}}\nversion: 1.0 # one\n',
    'carriage returns': 'functions:\r\n  a:\r\n    lang: x\r\nversion: 1.0\r\n',
    variables: 'functions:\n  a:\n    image: ${REGISTRY:-me}/a:${TAG}\nconfiguration: {}\n',
  } as const

  for (const [what, text] of Object.entries(FILES)) {
    it(`${what}: the function is under functions, and all else as it was`, async () => {
      await using rig = await CliRig.start()
      const path = join(rig.cwd, 'my.yml')
      await writeFile(path, text)
      const { status, stderr, stdout } = await rig.run(['new', 'h', '--lang', 'bash', '--append', 'my.yml'])
      assert.equal(status, 0, stderr)
      assert.match(stdout, /Stack file updated: my\.yml/)
      const now = await readFile(path, 'utf8')
      const was = parse(text, { schema: 'failsafe' }) as Record<
        string,
        Record<string, unknown> | null | string
      >
      const is = parse(now, { schema: 'failsafe' }) as typeof was
      const functions = typeof was['functions'] === 'object' ? was['functions'] : {}
      const added = { lang: 'bash', handler: './h', image: 'h:latest' }
      assert.deepEqual(is, { ...was, functions: { ...functions, h: added } })
      for (const comment of text.match(/#.*/g) ?? []) assert.ok(now.includes(comment))
    })
  }

  it('a file that is no YAML stays as it is', async () => {
    await using rig = await CliRig.start()
    await writeFile(join(rig.cwd, 'my.yml'), 'functions: [')
    assert.equal((await rig.run(['new', 'h', '--lang', 'bash', '--append', 'my.yml'])).status, 1)
    assert.equal(await readFile(join(rig.cwd, 'my.yml'), 'utf8'), 'functions: [')
    assert.ok(!existsSync(join(rig.cwd, 'h')))
  })
})
