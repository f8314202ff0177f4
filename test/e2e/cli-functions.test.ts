import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

const PROGRAM = resolve(import.meta.dirname, '../../src/cli/main.js')

describe('the command line as a program, on a real host', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess
  let folder: string
  let image: string

  before(async () => {
    image = await testImage('fn')
    daemon = await DaemonProcess.start()
    folder = await mkdtemp(join(tmpdir(), 'sampan-cli-e2e-'))
    const password = await readFile(join(daemon.dataDir, 'basic-auth-password'), 'utf8')
    const { status, stdout, stderr } = await sampan(['login', '--password-stdin'], password)
    assert.equal(status, 0, stderr)
    assert.match(stdout, /credentials saved for/)
  })
  after(async () => {
    await rm(folder, { recursive: true, force: true })
    await daemon[Symbol.asyncDispose]()
  })

  const sampan = async (words: readonly string[], stdin = '') => {
    const child = spawn(process.execPath, [PROGRAM, ...words], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, OPENFAAS_URL: daemon.url },
    })
    const said = { stdout: '', stderr: '' }
    for (const stream of ['stdout', 'stderr'] as const)
      child[stream].setEncoding('utf8').on('data', (part: string) => (said[stream] += part))
    child.stdin.end(stdin)
    const [status] = (await once(child, 'close')) as [number | null]
    return { status, ...said }
  }
  const stack = (more = '', name = image): Promise<void> =>
    writeFile(
      join(folder, 'stack.yaml'),
      `version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n  fn:\n    image: ${name}\n    labels:\n      com.openfaas.scale.min: 1\n${more}`,
    )

  it('deploy ends when the function answers, and diff then finds no difference', async () => {
    await stack()
    const { status, stdout, stderr } = await sampan(['deploy'])
    assert.equal(status, 0, stderr)
    assert.match(stdout, /Deployed\. 202 Accepted\.\nURL: http:\/\/127\.0\.0\.1:\d+\/function\/fn\n/)
    assert.match(stderr, /fn: ready\n$/)
    const called = await sampan(['invoke', 'fn'], 'some text')
    assert.equal(called.status, 0, called.stderr)
    assert.match(called.stdout, /some text/)

    const same = await sampan(['diff'])
    assert.equal(same.stdout, 'YAML matches deployment, no differences found.\n')
    assert.equal(same.status, 0)
  })

  it('a change is an update of what runs', async () => {
    await stack('    environment:\n      WORD: changed\n')
    const changed = await sampan(['diff'])
    assert.equal(changed.status, 1)
    assert.match(changed.stdout, /- env\.WORD: +changed/)
    const { status, stderr } = await sampan(['deploy'])
    assert.equal(status, 0, stderr)
    const { envVars } = (await (await daemon.api('GET', '/system/function/fn')).json()) as {
      readonly envVars: Record<string, string>
    }
    assert.deepEqual(envVars, { WORD: 'changed' })
    assert.equal((await sampan(['diff'])).status, 0)
  })

  it('an image that is not to be had is refused with the reason', async () => {
    await stack('', '127.0.0.1:1/none/such:1')
    const { status, stderr } = await sampan(['deploy'])
    assert.equal(status, 1)
    assert.match(
      stderr,
      /^Unexpected status: 400, message: image: "127\.0\.0\.1:1\/none\/such:1" is not available/,
    )
    assert.match(stderr, /^Function 'fn' failed to deploy with status code: 400$/m)
  })

  it('a program that ends at once is a failure with its reason, and the old revision answers', async () => {
    await stack('', await testImage('plain'))
    const { status, stdout, stderr } = await sampan(['deploy'])
    assert.equal(status, 1)
    assert.match(stdout, /Deployed\./)
    assert.match(stderr, /^Function 'fn' was deployed, but is not ready: .*it exited with code 0/m)
    assert.equal((await daemon.call('fn')).status, 200)
  })

  it('a deployment with --image and --name needs no stack file', async () => {
    await rm(join(folder, 'stack.yaml'))
    const { status, stderr } = await sampan(['deploy', '--image', image, '--name', 'other'])
    assert.equal(status, 0, stderr)
    assert.equal((await daemon.call('other')).status, 200)
    const listed = await sampan(['list', '-q'])
    assert.equal(listed.stdout, 'fn\nother\n')
    const described = await sampan(['describe', 'other'])
    assert.match(described.stdout, /^Name: +other$/m)
    assert.match(described.stdout, /^Status: +Ready$/m)
  })

  it('what is exported, removed and imported is exported as before', async () => {
    const value = 'first $${X}\\n  ${HOME} \\\\/ käse\nlast'
    const odd = { service: 'odd', image, envVars: { VALUE: value }, namespace: 'moved' }
    assert.equal((await sampan(['namespace', 'create', 'moved'])).status, 0)
    assert.equal((await daemon.api('POST', '/system/functions', odd)).status, 202)
    const before = await sampan(['export', '--all-namespaces'])
    assert.equal(before.status, 0, before.stderr)
    assert.equal((await sampan(['remove', 'odd', '-n', 'moved'])).status, 0)
    assert.equal((await sampan(['namespace', 'remove', 'moved'])).status, 0)

    const imported = await sampan(['import'], before.stdout)

    assert.equal(imported.status, 0, imported.stderr)
    assert.match(imported.stdout, /make +namespace moved\n[^]*keep +other\n[^]*create +odd\.moved\n/)
    assert.equal((await sampan(['export', '--all-namespaces'])).stdout, before.stdout)
    const { envVars } = (await (
      await daemon.api('GET', '/system/function/odd?namespace=moved')
    ).json()) as typeof odd
    assert.deepEqual(envVars, odd.envVars)
    assert.equal((await sampan(['remove', 'odd', '-n', 'moved'])).status, 0)
  })

  it('remove removes, and what is not there is an error', async () => {
    const removed = await sampan(['remove', 'other'])
    assert.equal(removed.status, 0, removed.stderr)
    assert.match(removed.stdout, /Removing old function\./)
    assert.equal((await sampan(['list', '-q'])).stdout, 'fn\n')
    const again = await sampan(['remove', 'other'])
    assert.equal(again.status, 1)
    assert.match(again.stderr, /No existing function to remove/)
  })
})
