import assert from 'node:assert/strict'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { CliRig } from '../fixtures/cli-rig.ts'

async function install(rig: CliRig, name: string, script: string): Promise<string> {
  const folder = join(rig.home, '.openfaas', 'plugins')
  await mkdir(folder, { recursive: true })
  const path = join(folder, name)
  await writeFile(path, script)
  await chmod(path, 0o755)
  return path
}

describe('a plugin', () => {
  it('18.6.86: gets the remaining words, the input and the environment; its exit status is that of the program', async () => {
    await using rig = await CliRig.start()
    await install(rig, 'hello', '#!/bin/sh\necho "$# $1 $OPENFAAS_URL"\ncat\necho oh >&2\nexit 7\n')

    const { status, stdout, stderr } = await rig.run(['hello', '--help', 'b c'], { stdin: 'in\n' })

    assert.deepEqual([status, stdout, stderr], [7, `2 --help ${rig.url}\nin\n`, 'oh\n'])
  })

  it('18.6.86: runs instead of a command of the same name', async () => {
    await using rig = await CliRig.start()
    await install(rig, 'version', '#!/bin/sh\necho mine\n')

    assert.equal((await rig.run(['version'])).stdout, 'mine\n')
    assert.notEqual((await rig.run(['--json', 'version'])).stdout, 'mine\n')
  })

  it('18.6.86: that cannot be run is status 127', async () => {
    await using rig = await CliRig.start()
    await chmod(await install(rig, 'broken', 'no program'), 0o644)

    const { status, stderr } = await rig.run(['broken'])

    assert.equal(status, 127)
    assert.match(stderr, /^The plugin \S+broken cannot be run: [^]*chmod \+x/)
  })

  it('is a file of that folder and no other', async () => {
    await using rig = await CliRig.start()
    await writeFile(join(rig.home, 'outside'), '#!/bin/sh\necho outside\n', { mode: 0o755 })
    await install(rig, 'hello', '')

    for (const name of ['../../outside', '.', 'hell']) assert.equal((await rig.run([name])).status, 64)
  })

  it('is told when the program is to end', async () => {
    await using rig = await CliRig.start()
    await install(
      rig,
      'patient',
      '#!/bin/sh\ntrap "echo ended; exit 3" TERM\necho up\nwhile :; do sleep 0.01; done\n',
    )
    const ending = new AbortController()

    const running = rig.run(['patient'], { signal: ending.signal, onOutput: () => ending.abort() })

    assert.deepEqual((await running).stdout, 'up\nended\n')
  })
})
