import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'
import { deferred } from '../../src/clock.ts'
import { Limiter } from '../../src/work/limiter.ts'
import { WorkQueue } from '../../src/work/work-queue.ts'

describe('the work queue', () => {
  it('never works twice on one key at a time, and once more for what came meanwhile', async () => {
    const gates = [deferred<void>(), deferred<void>()]
    let [running, most, runs] = [0, 0, 0]
    const queue = new WorkQueue<string>(8, async () => {
      running += 1
      most = Math.max(most, running)
      await gates[runs++]?.promise
      running -= 1
    })

    queue.add('a')
    for (let nudge = 0; nudge < 5; nudge += 1) queue.add('a')
    gates[0]?.resolve()
    await turn()
    gates[1]?.resolve()
    await turn()

    assert.deepEqual([runs, most], [2, 1])
  })

  it('works on several keys in parallel, within its bound', async () => {
    const gate = deferred<void>()
    const begun: string[] = []
    const queue = new WorkQueue<string>(2, async (key) => {
      begun.push(key)
      await gate.promise
    })

    for (const key of ['a', 'b', 'c', 'd']) queue.add(key)
    assert.deepEqual(begun, ['a', 'b'])
    gate.resolve()
    await turn()

    assert.deepEqual(begun, ['a', 'b', 'c', 'd'])
  })

  it('drops what waits when it is stopped, and lets what runs end', async () => {
    const gate = deferred<void>()
    const ended: string[] = []
    const queue = new WorkQueue<string>(1, async (key) => {
      await gate.promise
      ended.push(key)
    })
    queue.add('a')
    queue.add('b')

    const stopped = queue.stop()
    gate.resolve()
    await stopped
    queue.add('c')
    await turn()

    assert.deepEqual(ended, ['a'])
  })
})

describe('the limiter', () => {
  it('lets a few in at a time, in order, failures included', async () => {
    const limiter = new Limiter(2)
    const begun: number[] = []
    const gates = [0, 1, 2, 3].map(() => deferred<void>())
    const runs = gates.map((gate, at) =>
      limiter.run(async () => {
        begun.push(at)
        await gate.promise
        if (at === 0) throw new Error('failed')
      }),
    )

    assert.deepEqual(begun, [0, 1])
    for (const gate of gates) gate.resolve()
    const results = await Promise.allSettled(runs)

    assert.deepEqual(begun, [0, 1, 2, 3])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
    )
  })
})
