import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import { WriteBatch } from '../../src/write-batch.ts'

describe('late writes', () => {
  it('late writes come in order, at the end of the turn', async () => {
    const batch = new WriteBatch()
    const done: number[] = []

    for (const n of [1, 2, 3]) batch.add({ flush: () => done.push(n) })
    const within = [...done]
    await endOfTurn()

    assert.deepEqual(within, [])
    assert.deepEqual(done, [1, 2, 3])
  })

  it('late writes that come while others are written wait for the next turn', async () => {
    const batch = new WriteBatch()
    const done: string[] = []
    batch.add({
      flush: () => {
        done.push('first')
        batch.add({ flush: () => done.push('second') })
      },
    })

    await endOfTurn()
    await endOfTurn()

    assert.deepEqual(done, ['first', 'second'])
  })

  it('late writes do not wait for each other without bound', async () => {
    const batch = new WriteBatch()
    let done = 0

    for (let n = 0; n < 1_000; n += 1) batch.add({ flush: () => (done += 1) })
    const within = done
    await endOfTurn()

    assert.ok(within >= 900, `${within}`)
    assert.equal(done, 1_000)
  })
})
