import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { CliRig, type CliResult, type CliRunOptions } from '../fixtures/cli-rig.ts'

const STATUS = '/system/function/fn'

describe('sampan deploy waits', () => {
  let rig: CliRig

  beforeEach(async () => {
    rig = await CliRig.start()
    rig.reply('PUT', '/system/functions', { status: 202 })
    rig.reply('GET', '/system/info', { body: '{"provider":{"provider":"sampan"}}' })
    await writeFile(
      join(rig.cwd, 'stack.yaml'),
      'version: 1.0\nprovider:\n  name: openfaas\nfunctions:\n  fn:\n    image: me/fn\n    namespace: dev\n',
    )
  })
  afterEach(() => rig[Symbol.asyncDispose]())

  /** Sleeping costs no time, but passes it. */
  const deploy = (flags: readonly string[] = [], options: CliRunOptions = {}): Promise<CliResult> => {
    let passedMs = 0
    const clock = {
      ...systemClock,
      now: () => passedMs,
      sleep: (ms: number) => {
        passedMs += ms
        return Promise.resolve()
      },
    }
    return rig.run(['deploy', ...flags], { clock, ...options })
  }
  const condition = (state: string, more: object = {}) => ({
    body: JSON.stringify({
      availableReplicas: 1,
      annotations: {},
      status: { state, reason: '', lastWords: [], revision: 2, serving: { revision: 2 }, ...more },
    }),
  })
  const looks = (): number => rig.asked.filter((line) => line.startsWith(`GET ${STATUS}`)).length

  it('until the function takes calls, and says what keeps it', async () => {
    rig.reply(
      'GET',
      STATUS,
      condition('starting', { reason: 'its image is being pulled', serving: null }),
      condition('updating', { reason: 'it is still starting', serving: { revision: 1 } }),
      condition('updating', { reason: 'it is still starting', serving: { revision: 1 } }),
      condition('ready'),
    )
    const { status, stdout, stderr } = await deploy()
    assert.equal(status, 0)
    assert.match(stdout, /Deployed\. 202 Accepted\./)
    assert.equal(
      stderr,
      'fn: starting: its image is being pulled\nfn: updating: it is still starting\nfn: ready\n',
    )
    assert.equal(rig.asked.at(-1), `GET ${STATUS}?namespace=dev`)
  })

  it('a function that fails, or whose old revision goes on, is a failure with what it wrote', async () => {
    for (const reply of [
      condition('failing', { reason: 'it exits with status 3', lastWords: ['no such file'], serving: null }),
      condition('degraded', {
        reason: 'it exits with status 3',
        lastWords: ['no such file'],
        serving: { revision: 1 },
      }),
    ]) {
      rig.reply('GET', STATUS, reply)
      const { status, stderr } = await deploy()
      assert.equal(status, 1)
      assert.match(
        stderr,
        /Function 'fn' was deployed, but is not ready: it exits with status 3\nThe last that it wrote:\n {2}no such file/,
      )
    }
  })

  it('trouble that passes, one replica of two, and sleep are none', async () => {
    rig.reply('GET', STATUS, condition('failing', { serving: null }), condition('ready'))
    assert.equal((await deploy()).status, 0)
    rig.reply('GET', STATUS, condition('degraded'))
    assert.equal((await deploy()).status, 0)
    rig.reply('GET', STATUS, condition('sleeping', { serving: null }))
    assert.equal((await deploy()).status, 0)
  })

  it('the time is over when --wait-timeout says so', async () => {
    rig.reply('GET', STATUS, condition('starting', { reason: 'its image is being pulled', serving: null }))
    const { status, stderr } = await deploy(['--wait-timeout', '3s'])
    assert.equal(status, 1)
    assert.match(stderr, /is not ready yet: its image is being pulled/)
    assert.equal(looks(), 11)
  })

  it('waiting is usual at a terminal and with our gateway; --wait and --no-wait say it', async () => {
    const other = { body: '{"availableReplicas":1}' }
    rig.reply('GET', STATUS, other)
    const waits = async (flags: readonly string[], options: CliRunOptions = {}): Promise<boolean> => {
      const before = looks()
      assert.equal((await deploy(flags, options)).status, 0)
      return looks() > before
    }
    assert.equal(await waits([]), true)
    assert.equal(await waits(['--no-wait']), false)
    assert.equal(await waits(['--wait=false']), false)
    for (const info of [{ body: '{"provider":{"provider":"faasd"}}' }, { status: 404 }, { body: 'null' }]) {
      rig.reply('GET', '/system/info', info)
      assert.equal(await waits([]), false)
    }
    assert.equal(await waits(['--wait']), true)
    assert.equal(await waits([], { isTTY: true }), true)
    assert.equal(await waits(['--no-wait'], { isTTY: true }), false)
  })

  it('another gateway tells by its replicas, an older one of ours by annotations', async () => {
    rig.reply(
      'GET',
      STATUS,
      { status: 404 },
      {
        body: '{"availableReplicas":0,"annotations":{"com.sampan.state":"failing","com.sampan.reason":"no image"}}',
      },
      { body: '{"availableReplicas":0}' },
      { body: '{"availableReplicas":1}' },
    )
    const { status, stderr } = await deploy()
    assert.equal(status, 0)
    assert.match(stderr, /^fn: failing: no image\nfn: starting\nfn: ready\n$/m)
  })
})
