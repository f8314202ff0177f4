import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { BuildProject, stackOf } from '../fixtures/build-project.ts'
import { removeBuiltImages } from '../fixtures/built-images.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

describe('sampan up on a real host', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  let project: BuildProject
  let plain: string

  before(async () => {
    plain = await testImage('plain')
    daemon = await DaemonProcess.start({ SAMPAN_BUILD_CONTEXT: '8Mi' })
    project = await BuildProject.start()
  })
  after(async () => {
    await project[Symbol.asyncDispose]()
    await daemon[Symbol.asyncDispose]()
    await removeBuiltImages('sampan-built/up')
  })

  const fill = async (word: string): Promise<void> =>
    project.write({
      'stack.yaml': stackOf('lang: dockerfile\n    handler: ./fn\n    image: sampan-built/up'),
      'fn/Dockerfile': `FROM ${plain}\nCOPY --chmod=755 fwatchdog /bin/fwatchdog\nENV fprocess="cat /word"\nCOPY word /word\nCMD ["fwatchdog"]\n`,
      'fn/word': word,
    })
  const up = async (...flags: string[]) => {
    const env = { OPENFAAS_URL: daemon.url }
    const password = (await readFile(join(daemon.dataDir, 'basic-auth-password'), 'utf8')).trim()
    await project.rig.run(['login', '--password', password], { env })
    return project.run(['up', ...flags], { env })
  }

  it('source becomes a function that answers, and a change another answer, with no docker on this side', async () => {
    for (const word of ['first', 'second']) {
      await fill(word)
      const { status, stderr, stdout, calls } = await up()
      assert.equal(status, 0, stderr)
      assert.deepEqual(calls, [])
      assert.match(stdout, /Image: sampan-built\/up:latest built\.[^]*Deployed\. 202 Accepted\./)
      await eventually(
        async () => (await (await daemon.call('fn')).text()) === word,
        20_000,
        `the function answers ${word}`,
      )
    }
  })

  it('a build that fails is an error, and what runs goes on', async () => {
    await project.write({ 'fn/Dockerfile': `FROM ${plain}\nRUN echo sorry; exit 3\n` })
    const { status, stderr, stdout } = await up()
    assert.equal(status, 1)
    assert.match(stdout, /sorry/)
    assert.match(stderr, /the build failed: .*3/)
    assert.equal(await (await daemon.call('fn')).text(), 'second')
  })

  it('a context that is too large is refused with the setting that says so', async () => {
    await project.write({ 'fn/large': 'x'.repeat(64 * 1024 * 1024) })
    const { status, stderr } = await up()
    assert.equal(status, 1)
    assert.match(stderr, /SAMPAN_BUILD_CONTEXT/)
  })
})
