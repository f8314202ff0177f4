import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { gate, QueueRig } from '../fixtures/queue-rig.ts'

const LARGE = Buffer.alloc(400_000, 7)
const ONCE = { 'com.openfaas.retry.attempts': '1' }

/** Does `act` when the database is asked for the first time whether all is written. */
function atFirstSave(rig: QueueRig, act: () => void): void {
  const { book } = rig
  const saved = book.saved.bind(book)
  book.saved = () => {
    book.saved = saved
    const isSaved = saved()
    act()
    return isSaved
  }
}

describe('a call that is cancelled', () => {
  it('a call that is cancelled while it runs leaves no file of its body or its answer', async () => {
    await using rig = await QueueRig.start()
    const { open, passed } = gate()
    rig.fn('slow', async () => {
      await passed
      return { body: LARGE }
    })
    const callId = await rig.call('slow', { body: LARGE, headers: ['X-Callback-Url', 'http://caller/'] })
    await eventually(() => rig.seen.length === 1)

    await rig.queue.cancel(callId)
    open()

    await eventually(() => rig.queue.parts.calls.running === 0)
    assert.deepEqual([rig.row(callId).state, rig.callbacks.length], ['cancelled', 0])
    assert.equal(rig.queue.parts.spool.usedBytes, 0)
  })

  it('as its answer comes is cancelled, and not also answered', async () => {
    await using rig = await QueueRig.start()
    const { open, passed } = gate()
    rig.fn('echo', async () => {
      await passed
      return { body: 'hi' }
    })
    const callId = await rig.call('echo', { headers: ['X-Callback-Url', 'http://caller/'] })
    await eventually(() => rig.seen.length === 1)
    atFirstSave(rig, open)

    await rig.queue.cancel(callId)
    await eventually(() => rig.queue.parts.calls.running === 0)

    assert.deepEqual([rig.row(callId).state, rig.row(callId).status], ['cancelled', 499])
    assert.equal((await rig.link.session?.jsm.streams.info('FAAS_CALLBACK'))?.state.last_seq, 0)
  })

  it('just before it would run is not run', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    const { spool } = rig.queue.parts
    const size = spool.size.bind(spool)
    let cancelled: Promise<unknown> | undefined
    spool.size = (name) => {
      cancelled ??= rig.queue.cancel('c1')
      return size(name)
    }

    await rig.call('echo', { body: LARGE, callId: 'c1' })
    await eventually(() => cancelled !== undefined)
    await cancelled
    await eventually(() => rig.queue.parts.calls.running === 0)

    assert.deepEqual([rig.row('c1').state, rig.row('c1').attempts, rig.seen.length], ['cancelled', 0, 0])
    await eventually(() => rig.queue.parts.spool.usedBytes === 0)
  })

  it('goes on when that cannot be written down', async () => {
    await using rig = await QueueRig.start({ limits: { ackWaitMs: 600 } })
    const { open, passed } = gate()
    rig.fn('slow', async () => {
      if (rig.seen.length === 1) await passed
      return {}
    })
    const callId = await rig.call('slow')
    await eventually(() => rig.seen.length === 1)
    const { book } = rig
    const [saved, finish] = [book.saved.bind(book), book.finish.bind(book)]
    // As a commit that fails on a full disk: nothing of the turn stays.
    book.finish = () => {}
    book.saved = () => Promise.reject(new Error('the disk is full'))

    await assert.rejects(rig.queue.cancel(callId), /the disk is full/)
    await eventually(() => rig.queue.parts.calls.running === 0)
    book.saved = saved
    book.finish = finish
    open()
    const row = await rig.ended(callId, 20_000)

    assert.deepEqual([row.state, rig.seen.length], ['succeeded', 2])
  })

  it('a call cancelled with others of a queue is not one that has ended meanwhile', async () => {
    await using rig = await QueueRig.start()
    rig.fn('broken', () => ({ status: 500 }), { annotations: ONCE })
    rig.fn('echo', () => ({}))
    await rig.queue.admin.pause('faas-request')
    const ids = [await rig.call('broken', { body: LARGE }), await rig.call('echo'), await rig.call('echo')]
    const { book } = rig
    const list = book.list.bind(book)
    const pages = [list({ state: 'queued', limit: 10 })]
    book.list = (query) => pages.shift() ?? list(query)
    await rig.queue.admin.resume('faas-request')
    const rows = await Promise.all(ids.map((id) => rig.ended(id)))

    assert.equal(await rig.queue.admin.purge('faas-request'), 0)

    assert.deepEqual(
      rows.map(({ state }) => state),
      ['dead', 'succeeded', 'succeeded'],
    )
    assert.deepEqual(
      ids.map((id) => rig.row(id).state),
      ['dead', 'succeeded', 'succeeded'],
    )
    assert.equal(rig.queue.parts.spool.usedBytes, LARGE.length)
  })
})

describe('the end of a call', () => {
  it('is written down as soon as the disk has room, and the call is not made again meanwhile', async () => {
    await using rig = await QueueRig.start()
    const { book } = rig
    const saved = book.saved.bind(book)
    rig.fn(
      'echo',
      () => {
        book.saved = () => {
          book.saved = saved
          return Promise.reject(new Error('the disk is full'))
        }
        return { body: 'hi' }
      },
      { annotations: ONCE },
    )

    const callId = await rig.call('echo')
    await eventually(
      () => rig.log.named('the end of a call is not written down yet, will retry').length === 1,
    )
    await eventually(() => rig.queue.parts.calls.running === 0)

    assert.deepEqual([rig.row(callId).state, rig.seen.length], ['succeeded', 1])
  })

  it('leaves no answer of a dead call behind that nobody can ask for', async () => {
    await using rig = await QueueRig.start()
    rig.fn('broken', () => ({ status: 500, body: LARGE }), { annotations: ONCE })

    const plain = await rig.call('broken', { headers: ['X-Async-Store', '1'] })
    const called = await rig.call('broken', {
      headers: ['X-Async-Store', '1', 'X-Callback-Url', 'http://caller/'],
    })
    await rig.ended(plain)
    await eventually(() => rig.row(called).callback === 'delivered')

    await eventually(() => rig.queue.parts.spool.usedBytes === 0)
  })
})

describe('a stop', () => {
  it('between the note of an execution and the execution is no attempt', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}), { annotations: ONCE })
    let stopped: Promise<void> | undefined
    const { book } = rig
    const start = book.start.bind(book)
    book.start = (id, atMs) => {
      start(id, atMs)
      book.start = start
      stopped = rig.queue.stop(AbortSignal.abort())
    }

    const callId = await rig.call('echo')
    await eventually(() => stopped !== undefined)
    await stopped
    assert.deepEqual([rig.row(callId).state, rig.row(callId).attempts, rig.seen.length], ['waiting', 0, 0])
    await rig.restart({ isKilled: false })
    const row = await rig.ended(callId)

    assert.deepEqual([row.state, row.attempts, rig.seen.length], ['succeeded', 1, 1])
  })
})
