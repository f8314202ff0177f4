import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { promisify } from 'node:util'
import { CliRig } from '../fixtures/cli-rig.ts'

const SCRIPT = `
source <(node MAIN completion bash)
declare -F _sampan
complete_line() { COMP_LINE="$1"; COMP_POINT=\${#1}; _sampan; printf '%s|' "\${COMPREPLY[@]}"; echo; }
complete_line './sampan vers'
complete_line './sampan version --output '
complete_line './sampan version --output=js'
complete_line './sampan bashcompletion ./samp'
`

describe('completion', () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    it(`18.6.86: has a script for ${shell}, named by a flag or as an argument`, async () => {
      await using rig = await CliRig.start()

      const byFlag = await rig.run(['completion', '--shell', shell])
      const byName = await rig.run(['completion', shell])

      assert.deepEqual([byFlag.status, byFlag.stderr], [0, ''])
      assert.equal(byFlag.stdout, byName.stdout)
      assert.match(byFlag.stdout, /_?_sampan/)
    })
  }

  it('18.6.86: knows no other shell', async () => {
    await using rig = await CliRig.start()

    const { status, stderr } = await rig.run(['completion', '--shell', 'tcsh'])

    assert.deepEqual(
      [status, stderr],
      [1, 'There is no completion for "tcsh"\nThere is for bash, zsh, fish.\n'],
    )
    assert.equal((await rig.run(['completion'])).status, 1)
  })

  it('18.6.86: the script, sourced by bash, completes words, values and files', async () => {
    await using rig = await CliRig.start()
    const main = resolve('dist/src/cli/main.js')
    await writeFile(join(rig.home, 'sampan'), `#!/bin/sh\nexec node ${main} "$@"\n`)
    await chmod(join(rig.home, 'sampan'), 0o755)

    const { stdout } = await promisify(execFile)('bash', ['-c', SCRIPT.replace('MAIN', main)], {
      cwd: rig.home,
      env: { HOME: rig.home, PATH: process.env['PATH'] },
    })

    assert.deepEqual(stdout.split('\n'), [
      '_sampan',
      'version|',
      'json|yaml|name|wide|',
      'json|',
      './sampan|',
      '',
    ])
  })

  it('offers commands with what they do, and flags', async () => {
    await using rig = await CliRig.start()

    assert.match((await rig.run(['__complete', 've'])).stdout, /^version\tshow the versions[^\n]*\n:4\n$/)
    assert.match(
      (await rig.run(['__completeNoDesc', 'version', '--short'])).stdout,
      /^--short-version\n:4\n$/,
    )
    assert.match((await rig.run(['__completeNoDesc', 'help', 'vers'])).stdout, /^version\n:4\n$/)
  })
})
