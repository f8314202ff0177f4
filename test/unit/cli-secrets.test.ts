import assert from 'node:assert/strict'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

const PATH = '/system/secrets'

async function willing(): Promise<CliRig> {
  const rig = await CliRig.start()
  for (const method of ['POST', 'PUT', 'DELETE']) rig.reply(method, PATH, { status: 202 })
  rig.reply('GET', PATH, { body: '[{"name":"b","namespace":"openfaas-fn"},{"name":"a<"}]' })
  return rig
}

function bodies(rig: CliRig): readonly string[] {
  return rig.requests.map(({ method, body }) => `${method} ${body.toString('utf8')}`)
}

const BINARY = Uint8Array.of(0xff, 0x00, 0x0a)
const RAW = Buffer.from(BINARY).toString('base64')

describe('secret create', () => {
  for (const [words, stdin, body] of [
    [['--from-literal', ' a<b '], '', '{"name":"s","value":"a\\u003cb"}'],
    [
      ['--from-literal', ' a ', '--trim=false', '-n', 'dev'],
      '',
      '{"name":"s","namespace":"dev","value":" a "}',
    ],
    [[], 'pw\n', '{"name":"s","value":"pw"}'],
    [['--trim=false'], 'pw\n', '{"name":"s","value":"pw\\n"}'],
    [['--from-file', 'text'], '', '{"name":"s","value":"line","rawValue":"bGluZQo="}'],
    [['--from-file', 'text', '--trim'], '', '{"name":"s","value":"line","rawValue":"bGluZQ=="}'],
    [['--from-file', 'text', '--trim=false'], '', '{"name":"s","value":"line\\n","rawValue":"bGluZQo="}'],
    [['--from-file', 'binary'], '', `{"name":"s","value":"\uFFFD\\u0000","rawValue":"${RAW}"}`],
  ] as const) {
    it(`18.4.53: sends what is given: ${words.join(' ') || 'on standard input'}`, async () => {
      await using rig = await willing()
      await writeFile(join(rig.cwd, 'text'), 'line\n')
      await writeFile(join(rig.cwd, 'binary'), BINARY)

      const { status, stdout, stderr } = await rig.run(['secret', 'create', 's', ...words], { stdin })

      assert.deepEqual([status, stderr], [0, ''])
      assert.match(stdout, /^Creating secret: s(\.dev)?\nCreated: 202 Accepted\n$/)
      assert.deepEqual(bodies(rig), [`POST ${body}`])
      assert.equal(rig.requests[0]?.headers['content-type'], 'application/json')
    })
  }

  it('18.4.54: fails when there is one, unless it is to be replaced; and for any other answer', async () => {
    await using rig = await willing()
    rig.reply('POST', PATH, { status: 409 }, { status: 409 }, { status: 500, body: 'disk full' })
    const create = ['secret', 'create', 's', '--from-literal', 'a']

    const exists = await rig.run(create)
    const replaced = await rig.run([...create, '--replace'])
    const broken = await rig.run(create)
    const refused = await rig.run([...create, '-g', 'http://127.0.0.1:1'])

    assert.deepEqual(
      [exists, replaced, broken, refused].map(({ status }) => status),
      [1, 0, 1, 1],
    )
    assert.match(exists.stderr, /^Secret with the name "s" already exists\nReplace it with --replace/)
    assert.match(replaced.stdout, /\nUpdated: 202 Accepted\n$/)
    assert.match(broken.stderr, /500 - disk full/)
    assert.match(refused.stderr, /Cannot reach the gateway at http:\/\/127\.0\.0\.1:1 /i)
  })

  for (const [words, message] of [
    [['A_b'], /must be 1 to 253 lower-case letters/],
    [['s', '--from-literal', ''], /non-empty secret/],
    [['s', '--from-literal', 'a', '--from-file', 'b'], /mutually exclusive/],
    [['s', '--from-file', 'absent'], /unable to read secret file: \S+absent/i],
  ] as const) {
    it(`asks nobody when something is wrong: ${words.join(' ')}`, async () => {
      await using rig = await willing()

      const { status, stderr } = await rig.run(['secret', 'create', ...words])

      assert.equal(status, 1)
      assert.match(stderr, message)
      assert.deepEqual(rig.asked, [])
    })
  }
})

describe('secret update, list and remove', () => {
  it('18.4.55: an update brings binary content whole', async () => {
    await using rig = await willing()
    await writeFile(join(rig.cwd, 'binary'), BINARY)

    const { status, stdout } = await rig.run(['secret', 'u', 's', '--from-file', 'binary'])

    assert.deepEqual([status, stdout], [0, 'Updating secret: s\nUpdated: 202 Accepted\n'])
    assert.deepEqual(bodies(rig), [`PUT {"name":"s","value":"\uFFFD\\u0000","rawValue":"${RAW}"}`])
  })

  it('18.4.54: an update and a removal of what is not there fail', async () => {
    await using rig = await willing()
    for (const method of ['PUT', 'DELETE']) rig.reply(method, PATH, { status: 404 })

    const updated = await rig.run(['secret', 'update', 's', '--from-literal', 'a'])
    const removed = await rig.run(['secret', 'rm', 's'])

    assert.deepEqual([updated.status, removed.status], [1, 1])
    assert.match(updated.stderr, /^Unable to find secret: s\n/)
    assert.match(removed.stderr, /^Unable to find secret: s\n/)
  })

  it('lists names as faas-cli does, and in the forms of programs', async () => {
    await using rig = await willing()

    assert.equal((await rig.run(['secret', 'list'])).stdout, '\nNAME\nb\na<\n\n')
    assert.equal((await rig.run(['secret', 'ls', '--output', 'name'])).stdout, 'b\na<\n')
    assert.match((await rig.run(['secret', 'ls', '-j'])).stdout, /"name": "a\\u003c"/)
    rig.reply('GET', PATH, { body: 'null' })
    assert.equal((await rig.run(['secret', 'ls', '-n', 'a b'])).stdout, 'No secrets found.\n')
    assert.equal(rig.asked.at(-1), 'GET /system/secrets?namespace=a%20b')
  })

  it('18.1.11: without credentials the request is sent, and its 401 says how to log in', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', PATH, { status: 401 })

    const { status, stdout, stderr } = await rig.run(['secret', 'list'])

    assert.deepEqual([status, stdout, rig.requests[0]?.headers.authorization], [1, '', 'Bearer'])
    assert.match(stderr, /^Unauthorized access to \S+ \(from OPENFAAS_URL\)\nRun: sampan login --gateway/)
  })

  it('removes', async () => {
    await using rig = await willing()

    const { stdout } = await rig.run(['secret', 'delete', 's', '-n', 'dev'])

    assert.equal(stdout, 'Removed.. OK.\n')
    assert.deepEqual(bodies(rig), ['DELETE {"name":"s","namespace":"dev"}'])
  })
})

describe('secret apply', () => {
  it('18.4.56: creates, updates in place, skips what is empty, names what failed', async () => {
    await using rig = await willing()
    await mkdir(join(rig.cwd, '.secrets', 'folder'), { recursive: true })
    for (const [name, content] of [
      ['a', 'one\n'],
      ['b', 'two'],
      ['bin', BINARY],
      ['empty', '\n'],
      ['Bad_Name', 'x'],
    ] as const)
      await writeFile(join(rig.cwd, '.secrets', name), content)

    const { status, stdout, stderr } = await rig.run(['secret', 'apply'])

    assert.equal(status, 1)
    assert.equal(
      stdout,
      'Created secret: a - 202 Accepted\nUpdated secret: b - 202 Accepted\nCreated secret: bin - 202 Accepted\n',
    )
    assert.match(stderr, /^Skipped empty: it is empty\n1 of 5 secrets not applied:\n {2}Bad_Name: name: /)
    assert.deepEqual(bodies(rig).slice(1), [
      'POST {"name":"a","value":"one","rawValue":"b25l"}',
      'PUT {"name":"b","value":"two","rawValue":"dHdv"}',
      `POST {"name":"bin","value":"\uFFFD\\u0000","rawValue":"${RAW}"}`,
    ])
  })

  it('18.4.56: updates what another has created meanwhile, and changes nothing in a dry run', async () => {
    await using rig = await willing()
    await mkdir(join(rig.cwd, '.secrets'))
    await writeFile(join(rig.cwd, '.secrets', 'a'), 'one')
    rig.reply('POST', PATH, { status: 409 })

    const dry = await rig.run(['secret', 'apply', '--dry-run'])
    const wet = await rig.run(['secret', 'apply'])

    assert.equal(dry.stdout, 'Would create secret: a\n')
    assert.deepEqual([wet.status, wet.stdout], [0, 'Updated secret: a - 202 Accepted\n'])
    assert.deepEqual(rig.asked.slice(1), [`GET ${PATH}`, `POST ${PATH}`, `PUT ${PATH}`])
  })

  it('18.4.56: says what the folder is for when there is none', async () => {
    await using rig = await willing()

    const { status, stderr } = await rig.run(['secret', 'apply'])

    assert.equal(status, 1)
    assert.match(stderr, /^Unable to read \.secrets[^]*mkdir -m 700 \.secrets/)
  })
})

describe('secret generate', () => {
  it('prints random bytes in base64, without a line end for a program', async () => {
    await using rig = await CliRig.start()

    const piped = await rig.run(['secret', 'generate'])
    const seen = await rig.run(['secret', 'gen', '--length', '16'], { isTTY: true })

    assert.equal(Buffer.from(piped.stdout, 'base64').length, 32)
    assert.match(piped.stdout, /^[A-Za-z0-9+/]{43}=$/)
    assert.match(seen.stdout, /^[A-Za-z0-9+/]{22}==\n$/)
    assert.equal((await rig.run(['secret', 'generate', '--length', '0'])).status, 1)
  })

  it('writes it to a file for its owner alone', async () => {
    await using rig = await CliRig.start()

    const { stdout } = await rig.run(['secret', 'generate', '-o', 'out'])

    assert.equal(stdout, 'Wrote 32-byte secret to out\n')
    assert.equal((await readFile(join(rig.cwd, 'out'), 'utf8')).length, 44)
    assert.equal((await stat(join(rig.cwd, 'out'))).mode & 0o777, 0o600)
    await rig.run(['secret', 'generate', '-o', 'new/out'])
    assert.equal((await stat(join(rig.cwd, 'new'))).mode & 0o777, 0o700)
    assert.match(
      (await rig.run(['secret', 'generate', '-o', 'out/out'])).stderr,
      /^E(?:EXIST|NOTDIR): [^\n]*\n$/,
    )
  })
})
