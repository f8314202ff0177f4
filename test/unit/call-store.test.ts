import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { CallEnd, NewQueuedCall } from '../../src/core/calls/queued-call.ts'
import { CALL_SCHEMA } from '../../src/registry/calls/call-schema.ts'
import { CallStore } from '../../src/registry/calls/call-store.ts'
import { Database } from '../../src/registry/database.ts'
import { openCallStore } from '../../src/registry/calls/open-call-store.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { temporaryFolder } from '../fixtures/nats.ts'

const FN = functionName('echo')

function newCall(id: string, given: Partial<NewQueuedCall> = {}): NewQueuedCall {
  return {
    id,
    callId: `c${id}`,
    fn: FN,
    queue: 'q',
    sequence: 1,
    enqueuedAtMs: 10,
    nextAtMs: 0,
    expiresAtMs: 1_000,
    hasCallback: false,
    idempotencyKey: null,
    ...given,
  }
}

const END: CallEnd = {
  state: 'succeeded',
  atMs: 100,
  status: 200,
  reason: null,
  error: '',
  durationMs: 1.5,
  sequence: 0,
  resultFile: '',
  resultHead: '',
}

function storeOf() {
  const lost: unknown[] = []
  const db = Database.open(':memory:', undefined, CALL_SCHEMA)
  return { db, store: new CallStore(db, (error) => lost.push(error)), lost }
}

describe('the book of asynchronous calls', () => {
  it('follows a call from its acceptance to its end', async () => {
    const { store } = storeOf()
    store.add(newCall('1', { hasCallback: true, nextAtMs: 20.5 }))
    const { state, callback, nextAtMs } = store.get('1') ?? assert.fail()
    assert.deepEqual([state, callback, nextAtMs], ['queued', 'waiting', 21])

    store.start('1', 30.7)
    store.addAttempt('1', { attempt: 1, startedAtMs: 30, durationMs: 1.25, status: 500, error: 'no' })
    store.wait('1', { nextAtMs: 40.2, status: 500, error: 'no', durationMs: 1.25, isDeferral: false })
    assert.deepEqual(
      store.waiting().map(({ id, attempts }) => [id, attempts]),
      [['1', 1]],
    )
    store.start('1', 50)
    store.wait('1', { nextAtMs: 60, status: 503, error: 'none', durationMs: 0, isDeferral: true })
    const waiting = store.get('1')
    assert.deepEqual([waiting?.attempts, waiting?.deferrals, waiting?.startedAtMs], [1, 1, 50])
    store.start('1', 70)
    store.finish('1', { ...END, sequence: 0, resultFile: '1.answer', resultHead: '{}' })
    store.setCallback('1', 'delivered')
    await store.saved()

    const row = store.get('1')
    assert.deepEqual(
      [row?.state, row?.attempts, row?.finishedAtMs, row?.callback, row?.durationMs],
      ['succeeded', 2, 100, 'delivered', 1.5],
    )
    assert.deepEqual([store.waiting(), store.resultFiles()], [[], ['1.answer']])
    assert.deepEqual(store.attempts('1'), [
      { attempt: 1, startedAtMs: 30, durationMs: 1.25, status: 500, error: 'no' },
    ])
    store.remove('1')
    assert.deepEqual([store.get('1'), store.attempts('1')], [undefined, []])
  })

  it('counts what is not made before a moment, of one function in one queue', async () => {
    const { store } = storeOf()
    store.add(newCall('1'))
    store.add(newCall('2', { nextAtMs: 100 }))
    store.add(newCall('3', { nextAtMs: 100, queue: 'other' }))
    store.add(newCall('4', { nextAtMs: 100, fn: functionName('other') }))
    store.add(newCall('5', { nextAtMs: 100 }))
    store.finish('5', END)
    store.add(newCall('6'))
    store.wait('6', { nextAtMs: 200, status: 500, error: 'no', durationMs: 1, isDeferral: false })

    assert.deepEqual(
      [99, 100, 200].map((atMs) => store.countLater('q', FN, atMs)),
      [2, 1, 0],
    )
    await store.saved()
  })

  it('has an idempotency key of a function once, and keeps what is there', () => {
    const { store } = storeOf()
    store.add(newCall('1', { idempotencyKey: 'k' }))
    store.add(newCall('2', { idempotencyKey: 'k' }))
    store.add(newCall('3', { idempotencyKey: 'k', fn: functionName('other') }))
    store.add(newCall('1', { callId: 'another' }))

    assert.deepEqual([store.get('2'), store.get('3')?.id, store.get('1')?.callId], [undefined, '3', 'c1'])
    assert.equal(store.byIdempotencyKey(FN, 'k')?.id, '1')
    assert.equal(store.byIdempotencyKey(FN, 'other'), undefined)
  })

  it('lists the newest first, page by page, by whatever is asked', () => {
    const { store } = storeOf()
    for (const id of ['1', '2', '3', '4'])
      store.add(
        newCall(id, {
          callId: id < '3' ? 'a' : 'b',
          queue: id === '4' ? 'q2' : 'q',
          enqueuedAtMs: Number(id),
        }),
      )
    store.finish('2', { ...END, state: 'dead', sequence: 7 })
    store.finish('3', { ...END, state: 'expired', sequence: 8 })
    const idsOf = (query: object) => store.list({ limit: 10, ...query }).map(({ id }) => id)

    assert.deepEqual(idsOf({}), ['4', '3', '2', '1'])
    assert.deepEqual(idsOf({ limit: 2 }), ['4', '3'])
    assert.deepEqual(idsOf({ before: '3' }), ['2', '1'])
    assert.deepEqual(idsOf({ isDead: true }), ['3', '2'])
    assert.deepEqual(idsOf({ isDead: true, before: '3' }), ['2'])
    assert.deepEqual(idsOf({ state: 'queued' }), ['4', '1'])
    assert.deepEqual(idsOf({ queue: 'q2' }), ['4'])
    assert.deepEqual(idsOf({ sinceMs: 3 }), ['4', '3'])
    assert.deepEqual(idsOf({ fn: functionName('other') }), [])
    assert.deepEqual(
      store.byCallId('a').map(({ id }) => id),
      ['1', '2'],
    )
    assert.deepEqual([new Set(store.deadSequences()), store.deadBefore(8)], [new Set([7, 8]), ['2']])
  })

  it('forgets what ended long ago, and the oldest of too many, but no dead letter and nothing unsettled', () => {
    const { store } = storeOf()
    const end = (id: string, given: Partial<CallEnd>, hasCallback = false): void => {
      store.add(newCall(id, { hasCallback }))
      store.finish(id, { ...END, ...given })
    }
    end('1', { atMs: 100, resultFile: '1.answer' })
    end('2', { atMs: 100, state: 'dead' })
    end('3', { atMs: 500 }, true)
    end('4', { atMs: 510 })
    end('5', { atMs: 520 })
    end('6', { atMs: 900 })
    store.add(newCall('7'))
    const left = () => store.list({ limit: 10 }).map(({ id }) => id)

    // Of five that are over, one may stay: but one's callback is still to come, and one ended just now.
    const limits = { beforeMs: 200, settledMs: 800, most: 1, limit: 100 }
    assert.deepEqual(store.prune(limits), { files: ['1.answer'], isMore: false })
    assert.deepEqual(left(), ['7', '6', '3', '2'])

    store.setCallback('3', 'failed')
    store.prune(limits)
    assert.deepEqual(left(), ['7', '6', '2'])
    assert.equal(store.prune({ ...limits, beforeMs: 1_000, limit: 1 }).isMore, true)
    assert.deepEqual(left(), ['7', '2'])
  })

  it('remembers which queues are paused', () => {
    const { store } = storeOf()
    store.setPaused('a', true)
    store.setPaused('b', true)
    store.setPaused('a', false)
    assert.deepEqual(store.pausedQueues(), ['b'])
  })
})

describe('a turn that cannot be written', () => {
  it('is lost whole, which is told to all who wait for it, and the next one is not', async () => {
    const { db, store, lost } = storeOf()
    store.add(newCall('1'))
    await store.saved()
    const commit = db.commit.bind(db)
    db.commit = () => {
      db.commit = commit
      throw new Error('the disk is full')
    }
    store.add(newCall('2'))
    store.finish('1', END)

    await assert.rejects(Promise.all([store.saved(), store.saved()]), /the disk is full/)
    assert.deepEqual([store.get('1')?.state, store.get('2'), lost.length], ['queued', undefined, 1])

    store.add(newCall('3'))
    await store.saved()
    assert.equal(store.get('3')?.state, 'queued')
  })

  it('is lost at once when SQLite took it back by itself, and what comes after it is safe', async () => {
    const { db, store, lost } = storeOf()
    store.add(newCall('1'))
    await store.saved()
    const pages = Number(db.get('PRAGMA page_count')?.['page_count'])
    db.get(`PRAGMA max_page_count = ${pages + 1}`)
    store.add(newCall('2'))
    const saved = store.saved()

    assert.throws(() => store.add(newCall('3', { callId: 'x'.repeat(100_000) })), { code: 'unavailable' })

    await assert.rejects(saved)
    assert.deepEqual([store.get('1')?.id, store.get('2'), lost.length], ['1', undefined, 1])
    db.get(`PRAGMA max_page_count = ${pages + 1_000}`)
    store.add(newCall('4'))
    await store.saved()
    assert.equal(store.get('4')?.id, '4')
  })

  it('does not lead to calls being forgotten early', async () => {
    const { db, store } = storeOf()
    for (const id of ['1', '2']) store.add(newCall(id))
    store.finish('1', END)
    await store.saved()
    const commit = db.commit.bind(db)
    db.commit = () => {
      throw new Error('the disk is full')
    }
    for (let time = 0; time < 5; time += 1) {
      store.finish('2', END)
      await assert.rejects(store.saved())
    }
    db.commit = commit

    store.prune({ beforeMs: 0, settledMs: 1_000, most: 1, limit: 10 })

    assert.equal(store.get('1')?.state, 'succeeded')
  })
})

describe('the file of the book', () => {
  it('outlives its process, whatever was written in the last turn', async () => {
    await using folder = await temporaryFolder()
    const store = openCallStore(folder.path, new RecordingLog())
    store.add(newCall('1'))
    store.close()

    const again = openCallStore(folder.path, new RecordingLog())
    assert.equal(again.get('1')?.callId, 'c1')
    again.close()
  })

  it('is put aside when it is damaged, with a line in the log, and begun anew', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'calls.db')
    openCallStore(folder.path, new RecordingLog()).close()
    const damaged = readFileSync(path).fill(0x5a, 0, 2_000)
    writeFileSync(path, damaged)
    const log = new RecordingLog()

    const store = openCallStore(folder.path, log)
    store.add(newCall('1'))
    await store.saved()

    assert.deepEqual(log.messages('error'), ['the book of asynchronous calls is damaged: a new one is begun'])
    assert.ok(readFileSync(`${path}.damaged`).equals(damaged) && existsSync(path))
    store.close()
  })
})
