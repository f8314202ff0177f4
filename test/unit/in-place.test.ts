import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError, hasCode } from '../../src/core/errors.ts'
import { readTarHead, TAR_BLOCK } from '../../src/core/tar.ts'
import { ContainerFiles } from '../../src/provider/docker/engine/container-files.ts'
import type { Call } from '../../src/provider/docker/engine/transport.ts'
import { InPlace } from '../../src/provider/docker/in-place/in-place.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { probeRigs } from '../fakes/probe-rig.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { deployed, identityOf } from '../fixtures/deployed.ts'

const HOUR_MS = 3_600_000
const probed = probeRigs()
const FOLDER = '/home/app/function'
const fn = deployed({ spec: { annotations: { 'com.sampan.dev': FOLDER } } })
const FILE = { path: 'a.js', kind: 'file', mode: 0o644, content: Buffer.from('one') } as const

class Rig {
  readonly clock = new FakeClock()
  readonly told: string[] = []
  failure: Error | null = null
  canRemove = true
  readonly table = new ReplicaTable(
    () => this.clock.wall(),
    () => undefined,
  )
  readonly inPlace = new InPlace({
    files: {
      put: (id, folder, archive) => {
        this.told.push(`put ${id} ${folder} ${readTarHead(archive.subarray(0, TAR_BLOCK))?.path}`)
        return this.failure === null ? Promise.resolve() : Promise.reject(this.failure)
      },
      remove: (id, { folder, path }) => {
        this.told.push(`remove ${id} ${folder} ${path}`)
        return Promise.resolve(this.canRemove)
      },
      signal: (id, signal) => {
        this.told.push(`signal ${id} ${signal}`)
        return Promise.resolve()
      },
    },
    table: this.table,
    whileAwake: async (id, work) => {
      this.told.push(`awake ${id}`)
      await work()
      this.told.push('asleep')
    },
    clock: this.clock,
    log: new RecordingLog(),
  })

  constructor(identity = identityOf(fn)) {
    this.table.add('a', identity, { isRunning: true, host: '10.0.0.1' })
    this.table.change('a', { state: 'ready' })
  }
}

const isConflict = (words: RegExp) => (error: Error) =>
  hasCode(error, 'conflict') && words.test(error.message)

describe('a change in place', () => {
  it('writes, then removes, then has the watchdog start the process anew, all while the replica is awake', async () => {
    const rig = new Rig()

    assert.equal(await rig.inPlace.change(fn, FOLDER, { files: [FILE], removed: ['b', 'c'] }), 'a')

    assert.deepEqual(rig.told, [
      'awake a',
      `put a ${FOLDER} a.js`,
      `remove a ${FOLDER} b`,
      `remove a ${FOLDER} c`,
      'signal a SIGUSR2',
      'asleep',
    ])
  })

  it('is refused, and nothing is signalled, where process 1 is not our watchdog', async () => {
    const rig = new Rig(identityOf(deployed()))

    await assert.rejects(
      rig.inPlace.change(fn, FOLDER, { files: [FILE], removed: [] }),
      isConflict(/no watchdog of ours/),
    )
    assert.deepEqual(rig.told, [])
  })

  it('waits for a replica that is being made, and is refused when none comes', async () => {
    const rig = new Rig()
    rig.table.change('a', { isRunning: false, state: 'gone' })

    const refused = assert.rejects(
      rig.inPlace.change(fn, FOLDER, { files: [FILE], removed: [] }),
      isConflict(/no replica of its newest revision runs/),
    )
    await rig.clock.advance(16_000)
    await refused
  })

  it('does not signal a watchdog that may not catch it yet', async () => {
    const rig = new Rig()
    rig.table.add('b', identityOf({ ...fn, revision: 2 }), {
      isRunning: true,
      host: '',
      createdAtMs: rig.clock.wall(),
    })

    const changed = rig.inPlace.change({ ...fn, revision: 2 }, FOLDER, { files: [], removed: [] })
    await rig.clock.advance(1_000)
    assert.deepEqual(rig.told, [])
    rig.table.change('b', { state: 'ready' })
    await rig.clock.advance(100)

    assert.equal(await changed, 'b')
  })

  it('says so when the folder is not there, and when the engine does not remove', async () => {
    const rig = new Rig()
    rig.canRemove = false
    await assert.rejects(
      rig.inPlace.change(fn, FOLDER, { files: [], removed: ['b'] }),
      isConflict(/does not remove b/),
    )
    rig.failure = new FaasError('not-found', 'no such path')
    await assert.rejects(
      rig.inPlace.change(fn, FOLDER, { files: [FILE], removed: [] }),
      isConflict(/has no folder \/home\/app\/function/),
    )
    assert.ok(!rig.told.includes('signal a SIGUSR2'))
  })
})

describe('a replica that was changed in place', () => {
  it('one that somebody works on is not given up once it was ready: the next edit mends it', async () => {
    const made = probed({ 'com.sampan.dev': '/app', 'com.openfaas.ready.http.path': '/ok' })
    await made.seconds(1)
    assert.equal(made.state, 'ready')
    made.bad.add('/ok')
    made.change({ state: 'starting', doubts: 0 })
    made.begin()

    await made.clock.advance(HOUR_MS)

    assert.deepEqual([made.state, made.failures], ['starting', []])
    made.bad.clear()
    await made.seconds(1)
    assert.equal(made.state, 'ready')
  })
})

describe('the removal of a file by an engine that has no call for it', () => {
  const filesOn = (answers: readonly (Error | null)[]) => {
    const calls: Call[] = []
    const left = [...answers]
    const files = new ContainerFiles({
      ask: (call) => {
        calls.push(call)
        const answer = left.shift() ?? null
        return answer === null ? Promise.resolve('') : Promise.reject(answer)
      },
    })
    return { files, calls }
  }
  const missing = new FaasError('not-found', 'no such file')
  const failed = new FaasError('unavailable', 'link a a: no such file or directory')
  const at = { folder: FOLDER, path: 'a' }

  it('is done when the file is gone after the attempt, which fails', async () => {
    const { files, calls } = filesOn([null, failed, missing])

    assert.equal(await files.remove('x', at), true)
    assert.deepEqual(
      calls.map(({ method }) => method),
      ['HEAD', 'PUT', 'HEAD'],
    )
  })

  it('is not done when it is still there, and need not be when it never was', async () => {
    assert.equal(await filesOn([null, failed, null]).files.remove('x', at), false)
    const { files, calls } = filesOn([missing])
    assert.equal(await files.remove('x', at), true)
    assert.equal(calls.length, 1)
  })
})
