import assert from 'node:assert/strict'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { RegistryCredentials } from '../../src/provider/docker/images/registry-credentials.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const basic = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString('base64')

describe('registry credentials', () => {
  let dir: string
  const path = process.env['PATH']

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'credentials-'))
    process.env['PATH'] = `${dir}${delimiter}${path ?? ''}`
    await helper(
      'fine',
      `read server; printf '{"ServerURL":"%s","Username":"bob","Secret":"for %s"}' "$server" "$server"`,
    )
    await helper('token', `printf '{"Username":"<token>","Secret":"t0"}'`)
    await helper('empty', `printf 'credentials not found in native keychain'; exit 1`)
    await helper('broken', `printf 'topsecret'; exit 2`)
    await helper('chatty', `exec yes topsecret`)
  })

  after(async () => {
    process.env['PATH'] = path
    await rm(dir, { recursive: true })
  })

  async function helper(name: string, body: string): Promise<void> {
    const file = join(dir, `docker-credential-${name}`)
    await writeFile(file, `#!/bin/sh\n${body}\n`)
    await chmod(file, 0o755)
  }

  async function lookUp(config: string | object, registry: string) {
    const log = new RecordingLog()
    await writeFile(join(dir, 'config.json'), typeof config === 'string' ? config : JSON.stringify(config))
    const found = await new RegistryCredentials({ dir, log, clock: systemClock }).lookUp(registry)
    return { found, log }
  }

  it('registry credentials are read from the entry of the registry', async () => {
    const { found } = await lookUp({ auths: { 'r.test:5000': { auth: basic('bob', 'a:b') } } }, 'r.test:5000')

    assert.deepEqual(found, { username: 'bob', password: 'a:b', serveraddress: 'r.test:5000' })
  })

  it('registry credentials are found under every usual key', async () => {
    for (const [key, registry] of [
      ['https://index.docker.io/v1/', 'docker.io'],
      ['docker.io', 'docker.io'],
      ['https://registry-1.docker.io', 'docker.io'],
      ['https://r.test/v2/', 'r.test'],
      ['http://r.test', 'r.test'],
    ] as const) {
      const { found } = await lookUp({ auths: { [key]: { username: 'u', password: 'p' } } }, registry)
      assert.equal(found?.username, 'u', key)
    }
  })

  it('registry credentials are not given to another registry', async () => {
    const auths = {
      'r.test': { auth: basic('a', 'b') },
      'https://index.docker.io/v1/': { auth: basic('a', 'b') },
    }

    assert.equal((await lookUp({ auths }, 'r.test:5000')).found, undefined)
    assert.equal((await lookUp({ auths }, 'evil.test')).found, undefined)
    assert.equal((await lookUp({ auths }, 'constructor')).found, undefined)
  })

  it('registry credentials may be an identity token', async () => {
    const { found } = await lookUp(
      { auths: { 'r.test': { auth: basic('a', ''), identitytoken: 't' } } },
      'r.test',
    )

    assert.deepEqual(found, { identitytoken: 't', serveraddress: 'r.test' })
  })

  it('registry credentials come from the helper of the registry, else from the store', async () => {
    const config = { credsStore: 'token', credHelpers: { 'r.test': 'fine' } }

    assert.equal((await lookUp(config, 'r.test')).found?.password, 'for r.test')
    assert.deepEqual((await lookUp(config, 'docker.io')).found, {
      identitytoken: 't0',
      serveraddress: 'https://index.docker.io/v1/',
    })
  })

  it('registry credentials fall back to the file when the helper has none', async () => {
    const auths = { 'r.test': { auth: basic('a', 'b') } }
    const { found, log } = await lookUp({ auths, credsStore: 'empty' }, 'r.test')

    assert.equal(found?.username, 'a')
    assert.deepEqual(log.lines, [])
  })

  for (const name of ['broken', 'chatty', 'missing', '../fine', 'a b']) {
    it(`registry credentials are none, with a warning and without the secret, when the helper is ${name}`, async () => {
      const { found, log } = await lookUp({ credsStore: name }, 'r.test')

      assert.equal(found, undefined)
      assert.equal(log.messages('warn').length, 1)
      assert.doesNotMatch(JSON.stringify(log.lines), /topsecret/)
    })
  }

  it('registry credentials are none, with a warning, when the file is malformed', async () => {
    const { found, log } = await lookUp('{"auths": topsecret', 'r.test')

    assert.equal(found, undefined)
    assert.equal(log.messages('warn').length, 1)
    assert.doesNotMatch(JSON.stringify(log.lines), /topsecret/)
  })

  it('registry credentials are none, without a warning, when there is no file', async () => {
    const log = new RecordingLog()
    const credentials = new RegistryCredentials({ dir: join(dir, 'nowhere'), log, clock: systemClock })

    assert.equal(await credentials.lookUp('r.test'), undefined)
    assert.deepEqual(log.lines, [])
  })
})
