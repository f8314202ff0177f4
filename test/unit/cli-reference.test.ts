import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

it('docs/cli.md is what the table of commands says now (npm run docs:cli)', async () => {
  await using rig = await CliRig.start()

  const { stdout } = await rig.run(['reference'])

  assert.equal(await readFile('docs/cli.md', 'utf8'), stdout)
})
