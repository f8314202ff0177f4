import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

const INFO = JSON.stringify({
  provider: { provider: 'faas-sampan', orchestration: 'docker', version: { release: '1', sha: 'a' } },
  version: { release: '2', sha: 'b' },
  arch: 'x86_64',
})

describe('sampan', () => {
  it('shows its commands when nothing is asked', async () => {
    await using rig = await CliRig.start()

    const { status, stdout } = await rig.run([])

    assert.equal(status, 0)
    assert.match(stdout, /^Functions on a machine of your own\.[^]*\n {2}version +show the versions/)
  })

  it('shows what a command does, before and after its name', async () => {
    await using rig = await CliRig.start()

    for (const words of [
      ['help', 'version'],
      ['version', '--help'],
      ['-h', 'version'],
    ]) {
      const { status, stdout } = await rig.run(words)
      assert.equal(status, 0)
      assert.match(stdout, /^Show the versions of[^]*Usage:\n {2}sampan version \[flags\][^]*--short-version/)
    }
  })

  it('says on standard error what it does not know, with what may be meant', async () => {
    await using rig = await CliRig.start()

    const { status, stdout, stderr } = await rig.run(['versoin'])

    assert.deepEqual([status, stdout], [64, ''])
    assert.match(
      stderr,
      /^Unknown command "versoin" for "sampan"\nDid you mean this\?\n {2}version\nUsage: sampan COMMAND/,
    )
  })

  it('18.4.51: shows all versions, as text and as JSON', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/info', { body: INFO })

    const text = await rig.run(['version'])
    const json = await rig.run(['version', '--json'])

    assert.match(text.stdout, /Gateway\n uri: {5}http:[^]*version: 2[^]*orchestration: docker/)
    assert.deepEqual((JSON.parse(json.stdout) as { provider: unknown }).provider, {
      name: 'faas-sampan',
      orchestration: 'docker',
      version: '1',
      sha: 'a',
    })
    assert.equal(rig.requests[0]?.headers.authorization, 'Bearer')
  })

  it('18.4.51: says what is wrong with a gateway that does not answer: 0 for people, 1 for scripts', async () => {
    await using rig = await CliRig.start()
    const env = { OPENFAAS_URL: 'http://127.0.0.1:1' }

    const text = await rig.run(['version'], { env })
    const json = await rig.run(['version', '--json'], { env })

    assert.deepEqual([text.status, json.status], [0, 1])
    assert.match(text.stderr, /^cannot reach the gateway at http:\/\/127\.0\.0\.1:1 \(from OPENFAAS_URL\)/)
  })
})
