import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { docker } from '../fixtures/docker-cli.ts'
import { lookAtFiles } from '../fixtures/files-under.ts'
import { rulesOf } from '../fixtures/host-rules.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess, type Environment } from './daemon-process.ts'

const SKIP = await skipWithoutDocker()

describe('two data folders under one instance name', { skip: SKIP }, () => {
  let owner: DaemonProcess
  let otherDir: string
  /** The registry's id, as the owner's containers carry it. */
  let ownerId: string

  before(async () => {
    owner = await DaemonProcess.start()
    await owner.must('POST', '/system/secrets', { name: 'token', value: 'hush' })
    await owner.deploy({ service: 'fn', image: await testImage('fn'), secrets: ['token'] })
    assert.equal((await owner.call('fn/id')).status, 200)
    const [container = ''] = await owner.containers()
    ownerId = await docker('inspect', '--format', '{{index .Config.Labels "com.sampan.registry"}}', container)
  })
  after(() => owner[Symbol.asyncDispose]())
  beforeEach(async () => (otherDir = await mkdtemp(join(tmpdir(), 'sampan-other-'))))
  afterEach(() => rm(otherDir, { recursive: true }))

  const settings = (change: Environment = {}): Environment => ({
    SAMPAN_LISTEN: '127.0.0.1:0',
    SAMPAN_METRICS_LISTEN: '127.0.0.1:0',
    SAMPAN_UI_LISTEN: 'off',
    SAMPAN_DATA_DIR: otherDir,
    SAMPAN_RUNTIME_DIR: owner.runtimeDir,
    SAMPAN_INSTANCE: owner.instance,
    ...change,
  })

  /** Everything on this host that the owner's functions need. */
  const belongings = async () => ({
    containers: await docker('ps', '-a', '--no-trunc', '--format', '{{.ID}} {{.State}}', '--filter', label()),
    networks: await docker('network', 'ls', '--no-trunc', '-q', '--filter', label()),
    rules: await rulesOf(owner.instance),
    secrets: await lookAtFiles(owner.runtimeDir, (path) => readFile(path, 'utf8')),
  })
  const label = () => `label=com.sampan.instance=${owner.instance}`

  it('end the second start with a sentence, and nothing of the first is touched, running or stopped', async () => {
    for (const isRunning of [true, false]) {
      if (!isRunning) await owner.end('SIGKILL')
      const before = await belongings()
      assert.equal(before.secrets.length, 1)

      const { status, printed } = await DaemonProcess.fail(settings())

      assert.equal(status, 1)
      assert.match(
        printed,
        new RegExp(`cannot start: .*that of the data folder ${owner.dataDir}; nothing was touched`),
      )
      assert.match(printed, new RegExp(`SAMPAN_TAKE_OVER=${ownerId}`))
      assert.deepEqual(await belongings(), before)
    }
    await owner.launch()
    await owner.whenHealthy()
    assert.equal((await owner.call('fn/id')).status, 200)
  })

  it('do not let one take over what the other runs', async () => {
    const before = await belongings()

    const { status, printed } = await DaemonProcess.fail(settings({ SAMPAN_TAKE_OVER: ownerId }))

    assert.equal(status, 1)
    assert.match(printed, /a Sampan on this host runs with it.*Stop that one first/)
    assert.deepEqual(await belongings(), before)
  })

  it('two data folders under one instance name that are copies of each other do not run at the same time', async () => {
    assert.equal(await owner.end('SIGTERM'), 0)
    await cp(owner.dataDir, otherDir, { recursive: true })
    await owner.launch()
    await owner.whenHealthy()
    const before = await belongings()

    const { status, printed } = await DaemonProcess.fail(settings())

    assert.equal(status, 75)
    assert.match(printed, /another Sampan on this host runs with a copy of this registry/)
    assert.deepEqual(await belongings(), before)
  })

  it('serve on from a copy that was put elsewhere: it is the same registry', async () => {
    assert.equal(await owner.end('SIGTERM'), 0)
    await cp(owner.dataDir, otherDir, { recursive: true })
    const containers = await owner.containers('running')

    await owner.launch({ SAMPAN_DATA_DIR: otherDir })
    await owner.whenHealthy()

    assert.equal((await owner.call('fn/id')).status, 200)
    assert.deepEqual(await owner.containers('running'), containers)
    assert.equal(await owner.end('SIGTERM'), 0)
    await owner.launch()
    await owner.whenHealthy()
  })

  it('become one when the operator says so: what the new registry does not know is drained and removed', async () => {
    const lost = await DaemonProcess.start()
    await lost.deploy({ service: 'fn', image: await testImage('fn') })
    assert.equal((await lost.call('fn/id')).status, 200)
    const [container = ''] = await lost.containers()
    const id = await docker(
      'inspect',
      '--format',
      '{{index .Config.Labels "com.sampan.registry"}}',
      container,
    )
    assert.equal(await lost.end('SIGTERM'), 0)
    await rm(lost.dataDir, { recursive: true })

    await lost.launch({ SAMPAN_TAKE_OVER: id })
    await lost.whenHealthy()

    await eventually(async () => (await lost.containers()).length === 0, 60_000, 'its containers are gone')
    assert.match(await lost.log(), new RegExp(`taken over from another registry.*${id}`))
    await lost.deploy({ service: 'fn', image: await testImage('fn') })
    assert.equal((await lost.call('fn/id')).status, 200)
    // Not told again: it remembers.
    assert.equal(await lost.end('SIGTERM'), 0)
    await lost.launch()
    await lost.whenHealthy()
    assert.equal((await lost.call('fn/id')).status, 200)
    await lost[Symbol.asyncDispose]()
  })
})
