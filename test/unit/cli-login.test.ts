import assert from 'node:assert/strict'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

function basic(user: string, password: string): string {
  return Buffer.from(`${user}:${password}`).toString('base64')
}

async function configOf(rig: CliRig, folder = join(rig.home, '.openfaas')): Promise<string> {
  return readFile(join(folder, 'config.yml'), 'utf8')
}

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777
}

async function willing(): Promise<CliRig> {
  const rig = await CliRig.start()
  rig.reply('GET', '/system/functions', { body: '[]' })
  rig.reply('GET', '/system/info', { body: '{}' })
  return rig
}

describe('login', () => {
  it('18.1.1: asks the gateway once and keeps the credentials, without a slash, for the user alone', async () => {
    await using rig = await willing()

    const { status, stdout, stderr } = await rig.run(['login', '-g', `${rig.url}/`, '-s'], { stdin: 'pw\n' })

    assert.deepEqual([status, stderr], [0, ''])
    assert.match(stdout, new RegExp(`\ncredentials saved for admin ${rig.url}\n$`))
    assert.deepEqual(rig.asked, ['GET /system/functions'])
    assert.equal(rig.requests[0]?.headers.authorization, `Basic ${basic('admin', 'pw')}`)
    assert.equal(
      await configOf(rig),
      `auths:\n  - gateway: ${rig.url}\n    auth: basic\n    token: ${basic('admin', 'pw')}\n`,
    )
    assert.equal(await modeOf(join(rig.home, '.openfaas')), 0o700)
    assert.equal(await modeOf(join(rig.home, '.openfaas', 'config.yml')), 0o600)
  })

  it('18.1.2: keeps nothing that the gateway refuses', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/functions', { status: 401 }, { status: 500, body: 'broken\n' })

    const refused = await rig.run(['login', '-p', 'no'])
    const broken = await rig.run(['login', '-p', 'no'])

    assert.deepEqual([refused.status, broken.status], [1, 1])
    assert.match(refused.stderr, /Unable to login, either username or password is incorrect\n/)
    assert.match(broken.stderr, /Server returned unexpected status code: 500 - broken\n/)
    await assert.rejects(configOf(rig), { code: 'ENOENT' })
  })

  for (const [words, stdin, message] of [
    [[], '', /non-empty password via --password or --password-stdin/],
    [['-s'], ' \n', /non-empty password/],
    [['-p', 'a', '-s'], 'b', /--password and --password-stdin are mutually exclusive/],
    [['-u', '', '-p', 'a'], '', /must provide --username or -u/i],
  ] as const) {
    it(`18.1.3: asks nobody without both a name and a password: login ${words.join(' ')}`, async () => {
      await using rig = await willing()

      const { status, stderr } = await rig.run(['login', ...words], { stdin })

      assert.equal(status, 1)
      assert.match(stderr, message)
      assert.deepEqual(rig.asked, [])
    })
  }

  it('18.1.4: keeps them in the working folder in CI', async () => {
    await using rig = await willing()

    await rig.run(['login', '-p', 'pw'], { env: { CI: 'true', HOME: '/nonexistent' } })

    assert.match(await configOf(rig, join(rig.cwd, '.openfaas')), /auth: basic/)
  })

  it('18.1.5: keeps them where OPENFAAS_CONFIG says, in CI too', async () => {
    await using rig = await willing()
    const folder = join(rig.home, 'elsewhere')

    await rig.run(['login', '-p', 'pw'], { env: { CI: 'true', OPENFAAS_CONFIG: folder } })

    assert.match(await configOf(rig, folder), /auth: basic/)
  })

  it('18.1.6: logout forgets them, once', async () => {
    await using rig = await willing()
    const never = await rig.run(['logout'])
    await rig.run(['login', '-p', 'pw'])

    const first = await rig.run(['logout'])
    const second = await rig.run(['logout'])

    assert.match(never.stderr, /^Config file not found: /)
    assert.deepEqual([first.status, first.stdout], [0, `credentials removed for ${rig.url}\n`])
    assert.equal(await configOf(rig), 'auths: []\n')
    assert.equal(second.status, 1)
    assert.match(second.stderr, new RegExp(`^No auth config found for ${rig.url}\n`))
  })

  it('18.1.8: takes an address without a scheme, and in capitals', async () => {
    await using rig = await willing()
    const host = rig.url.slice('http://'.length)

    await rig.run(['login', '-p', 'pw', '-g', `HTTP://${host.toUpperCase()}/`])
    await rig.run(['version', '-g', host])

    assert.match(await configOf(rig), new RegExp(`gateway: ${rig.url}\n`))
    assert.equal(rig.requests[1]?.headers.authorization, `Basic ${basic('admin', 'pw')}`)
  })

  it('18.1.9, 18.1.10: reads what faas-cli wrote, and leaves alone what it knows nothing of', async () => {
    await using rig = await willing()
    const folder = join(rig.home, '.openfaas')
    await mkdir(folder)
    await writeFile(
      join(folder, 'config.yml'),
      `auths:\n- gateway: ${rig.url}\n  auth: oauth2\n  token: a.b.c\n  options:\n  - name: x\n    value: "1"\nother: kept\n`,
    )

    await rig.run(['version'])
    await rig.run(['login', '-p', 'pw', '-g', rig.url.replace('127.0.0.1', 'localhost')])

    assert.equal(rig.requests[0]?.headers.authorization, 'Bearer a.b.c')
    const config = await configOf(rig)
    assert.match(config, /- gateway: http:\/\/127[^]*options:\n +- name: x\n +value: "?1"?\n/)
    assert.match(config, /- gateway: http:\/\/localhost[^]*\nother: kept\n/)
  })

  it('18.1.12: a password may have a colon and letters of any language', async () => {
    await using rig = await willing()

    await rig.run(['login', '-p', 'a:ß:語'])
    await rig.run(['version'])

    assert.equal(rig.requests[1]?.headers.authorization, `Basic ${basic('admin', 'a:ß:語')}`)
  })

  it('warns of a password on the command line, and of one that goes unencrypted to another machine', async () => {
    await using rig = await willing()

    const { stderr } = await rig.run(['login', '-p', 'pw', '-g', 'http://127.0.0.2:1', '--timeout', '5s'])

    assert.match(stderr, /^WARNING! Using --password is insecure[^]*\nWARNING! [^\n]* encrypted connection/)
  })
})
