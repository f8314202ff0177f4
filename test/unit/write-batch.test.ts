import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import { WriteBatch, type LateWrite } from '../../src/write-batch.ts'

/** A write that must not fail. */
function late(flush: () => void): LateWrite {
  return { flush, onFlushFailed: (error) => assert.fail(String(error)) }
}

describe('late writes', () => {
  it('late writes come in order, at the end of the turn', async () => {
    const batch = new WriteBatch()
    const done: number[] = []

    for (const n of [1, 2, 3]) batch.add(late(() => done.push(n)))
    const within = [...done]
    await endOfTurn()

    assert.deepEqual(within, [])
    assert.deepEqual(done, [1, 2, 3])
  })

  it('late writes that come while others are written wait for the next turn', async () => {
    const batch = new WriteBatch()
    const done: string[] = []
    batch.add(
      late(() => {
        done.push('first')
        batch.add(late(() => done.push('second')))
      }),
    )

    await endOfTurn()
    await endOfTurn()

    assert.deepEqual(done, ['first', 'second'])
  })

  it('late writes do not wait for each other without bound', async () => {
    const batch = new WriteBatch()
    let done = 0

    for (let n = 0; n < 1_000; n += 1) batch.add(late(() => (done += 1)))
    const within = done
    await endOfTurn()

    assert.ok(within >= 900, `${within}`)
    assert.equal(done, 1_000)
  })

  it('late writes that fail are told so and do not touch the others', async () => {
    const batch = new WriteBatch()
    const done: string[] = []
    const failures: unknown[] = []
    const fault = new Error('a fault of ours')

    batch.add(late(() => done.push('before')))
    batch.add({
      flush: () => {
        throw fault
      },
      onFlushFailed: (error) => failures.push(error),
    })
    batch.add(late(() => done.push('after')))
    await endOfTurn()

    assert.deepEqual(done, ['before', 'after'])
    assert.deepEqual(failures, [fault])
  })

  it('late writes that bring about further ones do not go deeper with each', async () => {
    const batch = new WriteBatch()
    let done = 0
    const chain = (left: number): void =>
      batch.add(
        late(() => {
          done += 1
          for (let n = 0; n < 64 && left > 0; n += 1) batch.add(late(() => (done += 1)))
          if (left > 0) chain(left - 1)
        }),
      )

    chain(5_000)
    for (let turn = 0; turn < 6_000 && done < 5_001 + 64 * 5_000; turn += 1) await endOfTurn()

    assert.equal(done, 5_001 + 64 * 5_000)
  })

  it('late writes that others brought about wait for the end of the turn, however many come before it', async () => {
    const batch = new WriteBatch()
    const answered = Array.from({ length: 64 }, () => 0)
    /** A client with many requests behind each other: the next one is answered when the one before has left. */
    const answerNext = (client: number): void => {
      const has = answered[client] ?? 0
      if (has === 10) return
      batch.add(
        late(() => {
          answered[client] = has + 1
          answerNext(client)
        }),
      )
    }

    for (let client = 0; client < answered.length; client += 1) answerNext(client)
    for (let n = 0; n < 1_000; n += 1) batch.add(late(() => undefined))
    const within = Math.max(...answered)
    for (let turn = 0; turn < 10; turn += 1) await endOfTurn()

    assert.equal(within, 1)
    assert.deepEqual([...new Set(answered)], [10])
  })
})
