import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { near } from '../../src/cli/args/suggest.ts'
import { CliRig } from '../fixtures/cli-rig.ts'

const ID = `sha256:${'a'.repeat(64)}`
const FN = {
  name: 'fn',
  namespace: 'openfaas-fn',
  image: ID,
  replicas: 1,
  availableReplicas: 1,
  labels: {},
  annotations: {},
}
const LONG = 'a value that is rather long, and goes on for a while, as they do at times'

async function rigWith(): Promise<CliRig> {
  const rig = await CliRig.start()
  const other = {
    ...FN,
    name: 'a-function-with-a-rather-long-name',
    image: 'registry.example/team/image:1.0',
  }
  rig.reply('GET', '/system/functions', { body: JSON.stringify([FN, other]) })
  await writeFile(
    join(rig.cwd, 'stack.yaml'),
    `provider:\n  name: openfaas\nfunctions:\n  fn:\n    image: me/fn:1\n    environment:\n      A: ${LONG}\n`,
  )
  return rig
}

describe('at a terminal of 80 columns', () => {
  it('list --output wide has lines of 80 letters, and whole ones for a program', async () => {
    await using rig = await rigWith()
    const cut = (await rig.run(['list', '--output', 'wide'], { isTTY: true })).stdout
    const whole = (await rig.run(['list', '--output', 'wide'])).stdout

    assert.ok(cut.split('\n').every((line) => line.length <= 80))
    assert.match(cut, /…\n/)
    assert.match(whole, /registry\.example\/team\/image:1\.0\n/)
    assert.match(whole, new RegExp(` sha256:a{12}\\n`))
  })

  it('diff is one below the other where side by side does not fit, in two colours', async () => {
    await using rig = await rigWith()
    const shown = (await rig.run(['diff'], { isTTY: true })).stdout
    const plain = (await rig.run(['diff'], { isTTY: true, env: { NO_COLOR: '1' } })).stdout

    assert.ok(shown.includes(`  \u001B[31m- env.A: ${LONG}\u001B[39m\n`), shown)
    assert.ok(shown.includes(`  \u001B[32m+ image: ${ID}\u001B[39m\n`), shown)
    assert.ok(plain.includes(`  - env.A: ${LONG}\n  - image: me/fn:1\n  + image: ${ID}\n`), plain)
    assert.match((await rig.run(['diff'])).stdout, /stack\.yaml +\| deployed/)
  })
})

it('letters in the wrong order are one mistake', () => {
  assert.deepEqual(near('lsit', ['list', 'login']), ['list'])
  assert.deepEqual(near('depoly', ['deploy', 'describe']), ['deploy'])
})
