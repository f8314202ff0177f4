import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { QueueRig } from '../fixtures/queue-rig.ts'

describe('what an earlier process or another hand left of the queue', () => {
  it('is no call that is waited for although its message is gone, and no call that is there is lost', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    await rig.queue.admin.pause('faas-request')
    const lost = await rig.call('echo')
    const session = rig.link.session ?? assert.fail()
    await session.jsm.streams.purge('FAAS_ASYNC')
    const kept = await rig.call('echo')

    await rig.queue.parts.lostCalls.reconcile(session)

    const { state, error } = rig.row(lost)
    assert.deepEqual([state, error.slice(0, 35)], ['failed', 'what became of it is not known: its'])
    assert.equal(rig.row(kept).state, 'queued')
    await rig.queue.admin.resume('faas-request')
    assert.equal((await rig.ended(kept)).state, 'succeeded')
  })

  it('is no consumer whose lane has nothing, and one that has something stays', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    rig.fn('later', () => ({}))
    const session = rig.link.session ?? assert.fail()
    await rig.ended(await rig.call('echo'))
    await rig.call('later', { headers: ['X-Async-Delay', '1h'] })
    const consumers = async (): Promise<string[]> => {
      const names: string[] = []
      for await (const { name } of session.jsm.consumers.list('FAAS_ASYNC')) names.push(name)
      return names.toSorted((a, b) => (a < b ? -1 : 1))
    }
    await eventually(async () => (await consumers()).length === 2)

    await rig.restart({ isKilled: false })

    await eventually(async () => (await consumers()).join() === 'q_faas-request__openfaas-fn__later')
  })

  it('is no lane without its consumer that waits for ever', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    const session = rig.link.session ?? assert.fail()
    await rig.ended(await rig.call('echo'))
    await session.jsm.consumers.delete('FAAS_ASYNC', 'q_faas-request__openfaas-fn__echo')

    const row = await rig.ended(await rig.call('echo'), 20_000)

    assert.deepEqual([row.state, rig.seen.length], ['succeeded', 2])
  })
})
