import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

const env = { OPENFAAS_URL: '' }

describe('a context', () => {
  it('is the gateway of commands that are told no other, from the first one on', async () => {
    await using rig = await CliRig.start()
    rig.reply('GET', '/system/info', { body: '{}' })

    const added = await rig.run(['context', 'add', 'pi', `${rig.url}/`], { env })
    const asked = await rig.run(['version'], { env })
    const other = await rig.run(['version', '-g', 'http://127.0.0.1:1'], { env })

    assert.equal(added.stdout, `Added context pi for ${rig.url}, now in use\n`)
    assert.match(asked.stdout, new RegExp(`uri: +${rig.url}\n`))
    assert.match(
      other.stderr,
      /cannot reach the gateway at http:\/\/127\.0\.0\.1:1 \(from the flag --gateway\)/,
    )
    assert.equal(rig.requests.length, 1)
  })

  it('yields to the environment, and list says so', async () => {
    await using rig = await CliRig.start()
    await rig.run(['context', 'add', 'pi', 'http://pi:8080'])

    const { stdout, stderr } = await rig.run(['context', 'list'])

    assert.equal(stdout, 'CURRENT  NAME  GATEWAY         LOGGED IN\n*        pi    http://pi:8080  no\n')
    assert.equal(stderr, `OPENFAAS_URL is set and wins: commands speak to ${rig.url}\n`)
  })

  it('can be chosen and removed, and is in a file of its own', async () => {
    await using rig = await CliRig.start()
    await rig.run(['context', 'add', 'a', 'a.example'], { env })
    await rig.run(['context', 'add', 'b', 'b.example'], { env })

    const used = await rig.run(['context', 'use', 'b'], { env })
    const removed = await rig.run(['context', 'rm', 'b'], { env })

    assert.deepEqual([used.stdout, used.stderr], ['Using context b for http://b.example\n', ''])
    assert.equal(removed.stdout, 'Removed context b; none is in use now\n')
    const path = join(rig.home, '.openfaas', 'contexts.json')
    assert.deepEqual(JSON.parse(await readFile(path, 'utf8')), {
      current: '',
      gateways: { a: 'http://a.example' },
    })
    assert.equal((await stat(path)).mode & 0o777, 0o600)
  })

  it('is refused when it is unknown, has no fit name, or would silently lead elsewhere', async () => {
    await using rig = await CliRig.start()
    await rig.run(['context', 'add', 'home', 'a.example'], { env })

    const unknown = await rig.run(['context', 'use', 'hme'], { env })
    const odd = await rig.run(['context', 'add', '../x', 'a.example'], { env })
    const taken = await rig.run(['context', 'add', 'home', 'b.example'], { env })
    const over = await rig.run(['context', 'add', 'home', 'b.example', '--overwrite'], { env })

    assert.deepEqual([unknown.status, odd.status, taken.status, over.status], [1, 1, 1, 0])
    assert.equal(unknown.stderr, 'There is no context "hme"\nDid you mean "home"?\n')
    assert.match(taken.stderr, /already, for http:\/\/a\.example\n/)
  })
})
