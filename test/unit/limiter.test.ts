import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deferred } from '../../src/clock.ts'
import { Limiter } from '../../src/work/limiter.ts'

/** Work that goes on until it is let go, and says when it began. */
function work(begun: string[], name: string) {
  const { promise, resolve } = deferred<void>()
  const run = () => {
    begun.push(name)
    return promise
  }
  return { run, end: () => resolve() }
}

describe('a limiter', () => {
  it('begins work at once while there is a place, and lets the others wait in order', async () => {
    const limiter = new Limiter(2)
    const begun: string[] = []
    const works = ['a', 'b', 'c', 'd'].map((name) => work(begun, name))

    const ends = works.map(({ run }) => limiter.run(run))
    assert.deepEqual(begun, ['a', 'b'])
    works[1]?.end()
    await ends[1]
    assert.deepEqual(begun, ['a', 'b', 'c'])

    for (const { end } of works) end()
    await Promise.all(ends)
    assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
  })

  it('frees the place of work that failed', async () => {
    const limiter = new Limiter(1)

    const failure = new Error('no')

    await assert.rejects(
      limiter.run(() => Promise.reject(failure)),
      failure,
    )

    assert.equal(await limiter.run(async () => 'done'), 'done')
  })

  it('lets go who no longer waits, and gives the place to the next', async () => {
    const limiter = new Limiter(1)
    const begun: string[] = []
    const [first, left, next] = [work(begun, 'first'), work(begun, 'left'), work(begun, 'next')] as const
    const leaving = new AbortController()
    const holding = limiter.run(first.run)
    const waiting = limiter.run(left.run, leaving.signal)
    const last = limiter.run(next.run)

    leaving.abort(new Error('tired'))
    await assert.rejects(waiting, /tired/)
    for (const { end } of [first, next]) end()
    await Promise.all([holding, last])

    assert.deepEqual(begun, ['first', 'next'])
    assert.equal(await limiter.run(async () => 'free'), 'free')
  })

  it('leaves work alone that has begun', async () => {
    const limiter = new Limiter(1)
    const holder = work([], 'holder')
    const leaving = new AbortController()
    const holding = limiter.run(holder.run)
    const waited = limiter.run(async () => 'done', leaving.signal)

    holder.end()
    await holding
    leaving.abort()

    assert.equal(await waited, 'done')
  })

  it('begins nothing for who has left before', async () => {
    const begun: string[] = []

    await assert.rejects(new Limiter(1).run(work(begun, 'late').run, AbortSignal.abort()))

    assert.deepEqual(begun, [])
  })
})
