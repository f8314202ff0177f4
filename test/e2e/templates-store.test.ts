import assert from 'node:assert/strict'
import { homedir } from 'node:os'
import { after, describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { templateBase } from '../fixtures/template-bases.ts'
import { call, startedReplica, statusOf, textOf } from '../fixtures/template-replica.ts'

const NAMES = ['echo', 'checksum', 'certificate'] as const

describe('functions of the built-in store that come as source', { skip: await skipWithoutDocker() }, () => {
  after(async () => {
    for (const name of NAMES) await docker('rmi', `sampan-store/${name}:latest`).catch(() => '')
  })

  for (const name of NAMES) {
    it(`${name}: is built and tested by store deploy, and answers`, async () => {
      const base = (await templateBase('debian')) ?? ''
      await using rig = await CliRig.start()
      rig.reply('PUT', '/system/functions', { status: 202 })
      // The client of Docker has its settings at home.
      const env = { HOME: homedir(), DOCKER_HOST: process.env['DOCKER_HOST'] }
      const words = ['store', 'deploy', name, '--offline', '--build-arg', `BASE_IMAGE=${base}`]
      const { status, stderr } = await rig.run(words, { env: definedIn(env) })
      assert.equal(status, 0, stderr)
      const { image } = JSON.parse(rig.requests[0]?.body.toString() ?? '') as { image: string }
      await using replica = await startedReplica(image)
      await ANSWERS[name](replica.url)
    })
  }
})

const ANSWERS: Readonly<Record<(typeof NAMES)[number], (url: string) => Promise<void>>> = {
  async echo(url) {
    const answer = await call(`${url}a?b=c`, 'PUT', 'what was said')
    assert.equal(answer.headers['x-echo-path'], '/a?b=c')
    assert.equal(await textOf(answer), 'what was said')
  },
  async checksum(url) {
    const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
    assert.equal(await textOf(await call(url, 'POST', 'abc')), `${sha256}\n`)
    assert.equal(
      await textOf(await call(`${url}?algorithm=md5`, 'POST', 'abc')),
      '900150983cd24fb0d6963f7d28e17f72\n',
    )
    assert.equal(await statusOf(await call(`${url}?algorithm=crc`, 'POST', 'abc')), 400)
  },
  async certificate(url) {
    assert.equal(await statusOf(await call(url, 'POST', '')), 400)
    // Nobody listens there.
    assert.equal(await statusOf(await call(url, 'POST', '127.0.0.1:1')), 502)
  },
}

function definedIn(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined),
  )
}
