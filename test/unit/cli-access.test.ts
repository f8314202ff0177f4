import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

async function written(rig: CliRig): Promise<string> {
  return readFile(join(rig.cwd, 'credentials', 'config.json'), 'utf8')
}

describe('registry-login', () => {
  it('18.6.87: writes the file that Docker reads', async () => {
    await using rig = await CliRig.start()

    const { status, stdout } = await rig.run(['registry-login', '-u', 'me', '-s'], { stdin: 'pw\n' })

    assert.deepEqual([status, stdout], [0, `Wrote ${rig.cwd}/credentials/config.json..OK\n`])
    assert.equal(
      await written(rig),
      '{\n "auths": {\n  "https://index.docker.io/v1/": {\n   "auth": "bWU6cHc="\n  }\n }\n}',
    )
  })

  it('18.6.87: leaves Amazon to its helper', async () => {
    await using rig = await CliRig.start()

    await rig.run(['registry-login', '--ecr', '--account-id', '12', '--region', 'eu-west-1'])

    assert.equal(
      await written(rig),
      '{\n "credsStore": "ecr-login",\n "credHelpers": {\n  "12.dkr.ecr.eu-west-1.amazonaws.com": "ecr-login"\n }\n}',
    )
  })

  for (const words of [
    [],
    ['-u', 'me'],
    ['-u', 'me', '--password', 'a', '-s'],
    ['--ecr'],
    ['--ecr', '--region', 'x'],
  ] as const) {
    it(`18.6.87: misses something: registry-login ${words.join(' ')}`, async () => {
      await using rig = await CliRig.start()

      assert.equal((await rig.run(['registry-login', ...words])).status, 1)
      await assert.rejects(written(rig), { code: 'ENOENT' })
    })
  }
})

describe('what is left of faas-cli', () => {
  it('print-token shows header and payload', async () => {
    await using rig = await CliRig.start()
    const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    await writeFile(join(rig.cwd, 'token'), `${part({ alg: 'none' })}.${part({ sub: 'é' })}.x\n`)
    await writeFile(join(rig.cwd, 'none'), 'a.b.c')

    const { stdout, status } = await rig.run(['print-token', 'token'])

    assert.deepEqual([status, stdout], [0, '{\n  "alg": "none"\n}\n{\n  "sub": "é"\n}\n'])
    assert.match((await rig.run(['print-token', 'none'])).stderr, /has no JSON Web Token/)
    assert.match((await rig.run(['print-token', 'absent'])).stderr, /cannot be read/)
  })

  it('plugin get and chart export say that they are not supported, and what is instead', async () => {
    await using rig = await CliRig.start()

    const get = await rig.run(['plugin', 'get', 'pro', '--registry', 'x'])
    const chart = await rig.run(['chart', 'export', '-o', 'x', '--crds=false'])

    assert.deepEqual([get.status, chart.status], [1, 1])
    assert.match(get.stderr, /^Plugin get is not supported: [^]*~\/\.openfaas\/plugins/)
    assert.match(chart.stderr, /^Chart export is not supported: [^]*sampan generate/)
  })
})
