import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hasCode } from '../../src/core/errors.ts'
import { eventually } from '../fakes/eventually.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { at } from '../fakes/fake-log-engine.ts'
import { LogBench } from '../fakes/log-bench.ts'

const A = 'a'.repeat(64)
const B = 'b'.repeat(64)

describe('the history of a function', () => {
  it('18.4.10: the history of a function is all replicas by time', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A, B)
    bench.engine.write(A, at(1), 'a1')
    bench.engine.write(B, at(2), 'b2')
    bench.engine.write(A, at(3), 'a3')

    assert.deepEqual(await bench.read(), [
      { timestamp: at(1), instance: 'a'.repeat(12), text: 'a1' },
      { timestamp: at(2), instance: 'b'.repeat(12), text: 'b2' },
      { timestamp: at(3), instance: 'a'.repeat(12), text: 'a3' },
    ])
  })

  it('the history of a function has replicas that are gone', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A, B)
    bench.engine.write(A, at(1), 'a1')
    bench.engine.write(B, at(2), 'b2')
    bench.engine.write(A, at(3), 'a3')

    await bench.keep(A)
    bench.engine.remove(A)
    bench.replicas.set(B)

    assert.deepEqual(await bench.texts(), ['a1', 'b2', 'a3'])
    assert.deepEqual(await bench.texts({ tail: 2 }), ['b2', 'a3'])
    assert.deepEqual(await bench.texts({ instance: 'aaaa' }), ['a1', 'a3'])
  })

  it('the history of a function is not told twice while a kept replica still exists', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.write(A, at(1), 'a1')
    await bench.keep(A)

    assert.deepEqual(await bench.texts(), ['a1'])
  })

  it('takes a replica from the archive that goes before it is read', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.write(A, at(1), 'a1')
    await bench.keep(A)
    bench.engine.remove(A)

    assert.deepEqual(await bench.texts(), ['a1'])
    assert.deepEqual(await bench.texts({ tail: 1 }), ['a1'])
  })

  it('the history of a function has replicas that were removed the moment after they died, however many at once', async () => {
    await using bench = await LogBench.open()
    bench.engine.write(A, at(1), 'a1')
    bench.engine.write(B, at(2), 'b2')

    const kept = [A, B].map((id) => bench.keep(id))
    bench.engine.remove(A)
    bench.engine.remove(B)
    await Promise.all(kept)

    assert.deepEqual(await bench.texts(), ['a1', 'b2'])
  })

  it('the history of a function has what followers saw of a replica that was removed while it ran', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A, B)
    bench.engine.write(A, at(1), 'a1')
    bench.engine.write(B, at(2), 'b2')
    const follower = bench.follow({ instance: 'a' })
    await eventually(() => follower.texts.length === 1)
    bench.engine.write(A, at(3), 'a3')

    bench.engine.remove(A)
    bench.engine.remove(B)
    bench.replicas.set()
    await eventually(async () => (await bench.texts()).length > 0)
    await follower.leave()

    assert.deepEqual(await bench.texts(), ['a1', 'a3'])
    assert.deepEqual(follower.texts, ['a1', 'a3'])
    assert.equal(bench.engine.followers, 0)
  })

  it('the history of a function has the end of a followed replica that was removed, though its follower left before it came', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.write(A, at(1), 'a1')
    const follower = bench.follow()
    await eventually(() => follower.texts.length === 1)

    bench.replicas.set()
    await follower.leave()
    bench.engine.write(A, at(2), 'last words')
    bench.engine.remove(A)
    await eventually(async () => (await bench.texts()).length > 0)

    assert.deepEqual(await bench.texts(), ['a1', 'last words'])
    await eventually(() => bench.engine.followers === 0 && bench.replicas.listeners === 0)
  })

  it('the history of a function is not replaced by what followers saw when it was kept whole', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.write(A, at(1), 'a1')
    const follower = bench.follow()
    await eventually(() => follower.texts.length === 1)
    await bench.keep(A)
    bench.engine.write(A, at(2), 'only followed')
    await eventually(() => follower.texts.length === 2)

    bench.engine.remove(A)
    bench.replicas.set()
    await follower.leave()
    await bench.logs.stop()

    assert.deepEqual(await bench.texts(), ['a1'])
  })

  it('gives the last lines of the whole, not of each replica', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A, B)
    for (let second = 0; second < 10; second += 1) bench.engine.write(A, at(second), `a${second}`)
    bench.engine.write(B, at(7, 5), 'b')

    assert.deepEqual(await bench.texts({ tail: 3 }), ['b', 'a8', 'a9'])
    assert.equal((await bench.texts({ tail: 100 })).length, 11)
    assert.deepEqual(await bench.texts({ tail: 0 }), [])
  })

  it('counts long lines as one', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    for (let second = 0; second < 5; second += 1) bench.engine.write(A, at(second), 'x'.repeat(100_000))

    const lines = await bench.read({ tail: 4 })

    assert.deepEqual(
      lines.map(({ text }) => text.length),
      [100_000, 100_000, 100_000, 100_000],
    )
  })

  it('begins at the time asked for', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A, B)
    for (const id of [A, B])
      for (let second = 0; second < 4; second += 1) bench.engine.write(id, at(second), `${second}`)
    await bench.keep(B)
    bench.replicas.set(A)

    assert.deepEqual(await bench.texts({ sinceMs: Date.parse(at(2)) }), ['2', '2', '3', '3'])
    assert.deepEqual(await bench.texts({ sinceMs: Date.parse(at(2)), tail: 3 }), ['2', '3', '3'])
    assert.deepEqual(await bench.texts({ sinceMs: Date.parse(at(9)) }), [])
  })

  it('fails as unavailable when the engine is away', async () => {
    await using bench = await LogBench.open()
    bench.replicas.set(A)
    bench.engine.isAway = true

    await assert.rejects(bench.texts(), (error) => hasCode(error, 'unavailable'))
  })
})

describe('keeping a log', () => {
  it('keeping a log is bounded in time behind a crowd that reads from a hung engine', async () => {
    const clock = new FakeClock()
    await using bench = await LogBench.open(clock)
    bench.replicas.set(A)
    bench.engine.isHung = true
    const crowd = Array.from({ length: 20 }, () => bench.texts())
    // As many as are opened at a time; the others wait.
    await eventually(() => bench.engine.asked.length >= 8)

    const kept = bench.keep(B)
    await clock.advance(10_000)

    await kept
    await bench.logs.stop()
    await Promise.all(crowd)
  })
})
