import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FreezerFiles } from '../../src/provider/docker/cgroups/freezer-files.ts'
import { Halter } from '../../src/provider/docker/replicas/halter.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { identityOf } from '../fixtures/deployed.ts'

const files: FreezerFiles = { version: 'v1', folder: '/there' }

function rig({ mayUseCgroups = true, isVisible = true, isAllowed = true } = {}) {
  const done: string[] = []
  const say = (what: string) => async (): Promise<void> => void done.push(what)
  const log = new RecordingLog()
  const table = new ReplicaTable(
    () => 0,
    () => {},
  )
  table.add('a', identityOf(), { isRunning: true, host: '10.0.0.1' })
  const kernel = {
    isFrozen: false,
    failure: null as Error | null,
    /** Between two writes of a freeze. */
    between: async (): Promise<void> => {},
  }
  const halter = new Halter({
    engine: { pauseContainer: say('pause'), unpauseContainer: say('unpause') },
    cgroups: {
      find: async () => (isVisible ? files : null),
      isAllowed: async () => isAllowed,
      isFrozen: async () => kernel.isFrozen,
      freeze: async () => {
        done.push('freeze')
        await kernel.between()
        if (kernel.failure !== null) throw kernel.failure
      },
      thaw: say('thaw'),
    },
    mayUseCgroups,
    table,
    log,
  })
  return { halter, table, done, log, kernel }
}

describe('the halter', () => {
  it('freezes by files where it may write them, and thaws by them what it froze by them', async () => {
    const { halter, table, done, log } = rig()

    await halter.halt('a', () => true)
    assert.deepEqual(table.get('a')?.frozenIn, files)
    await halter.release('a')
    await halter.halt('a', () => true)

    assert.deepEqual(done, ['freeze', 'thaw', 'freeze'])
    assert.equal(halter.method, 'cgroup-v1')
    assert.equal(log.named('how containers are frozen').length, 1)
  })

  it('lets go what was let go while it was being frozen, after the last write of the freeze', async () => {
    const { halter, table, done, kernel } = rig()
    kernel.between = async () => {
      await halter.release('a')
      done.push('freeze again')
    }

    await halter.halt('a', () => true)

    assert.deepEqual(done, ['freeze', 'thaw', 'freeze again', 'thaw'])
    assert.equal(table.get('a')?.frozenIn, null)
  })

  it('leaves one that is no longer wanted frozen to whoever thaws it, by the same files', async () => {
    const { halter, table, done } = rig()

    await halter.halt('a', () => false)
    await halter.release('a')

    assert.deepEqual(done, ['freeze', 'thaw'])
    assert.equal(table.get('a')?.frozenIn, null)
  })

  it('asks the engine where the files are not there, may not be written, or are not wanted', async () => {
    for (const change of [{ isVisible: false }, { isAllowed: false }, { mayUseCgroups: false }]) {
      const { halter, table, done } = rig(change)

      await halter.halt('a', () => true)
      assert.equal(table.get('a')?.frozenIn, null)
      await halter.release('a')

      assert.deepEqual(done, ['pause', 'unpause'], JSON.stringify(change))
      assert.equal(halter.method, 'docker-pause')
    }
  })

  it('finds a container that is frozen without the knowledge of the engine, also where it may not thaw it', async () => {
    for (const change of [{}, { isAllowed: false }, { mayUseCgroups: false }]) {
      const { halter, kernel } = rig(change)
      assert.equal(await halter.foundFrozen('a'), null)
      kernel.isFrozen = true
      assert.deepEqual(await halter.foundFrozen('a'), files)
    }
  })

  it('knows the method before anything rests, from the first container that it is tried on', async () => {
    const { halter, done } = rig()
    assert.equal(halter.method, 'untried')

    await halter.tryOn('a')

    assert.equal(halter.method, 'cgroup-v1')
    assert.deepEqual(done, [])
  })

  it('takes a container for running again whose freeze failed', async () => {
    const { halter, table, kernel } = rig()
    kernel.failure = new Error('a process did not stop')

    await assert.rejects(
      halter.halt('a', () => true),
      kernel.failure,
    )

    assert.equal(table.get('a')?.frozenIn, null)
  })
})
