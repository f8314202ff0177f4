import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PlaceQueue, type PlaceWaiter } from '../../src/invoke/waiting/place-queue.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

const LIMIT = { ms: 1_000, setting: 'LIMIT' }

function start() {
  const clock = new FakeClock()
  const queue = new PlaceQueue(clock)
  const told: string[] = []
  const waiter = (name: string, onPlace: () => void = () => {}): PlaceWaiter => ({
    onPlace: () => {
      told.push(`${name} in`)
      onPlace()
    },
    onNoPlace: ({ setting }) => told.push(`${name} out by ${setting}`),
  })
  return { clock, queue, told, waiter }
}

describe('the queue for places', () => {
  it('lets calls in by their order while there is room, and each has its own time', async () => {
    const { clock, queue, told, waiter } = start()
    queue.wait(waiter('a'), LIMIT)
    await clock.advance(400)
    for (const name of ['b', 'c']) queue.wait(waiter(name), LIMIT)
    let room = 1

    queue.admit(() => room-- > 0)
    assert.deepEqual(told, ['a in'])
    await clock.advance(999)
    assert.equal(queue.size, 2)
    await clock.advance(1)

    assert.deepEqual(told, ['a in', 'b out by LIMIT', 'c out by LIMIT'])
    assert.equal(clock.waiting, 0)
  })

  it('forgets a call that leaves', async () => {
    const { clock, queue, told, waiter } = start()
    const leaves = waiter('a')
    queue.wait(leaves, LIMIT)

    queue.leave(leaves)
    queue.admit(() => true)
    await clock.advance(2_000)

    assert.deepEqual([told, queue.size, clock.waiting], [[], 0, 0])
  })

  it('comes to an end with calls that find no room after all and wait anew', () => {
    const { queue, told, waiter } = start()
    const again: PlaceWaiter = waiter('a', () => queue.wait(again, LIMIT))
    queue.wait(again, LIMIT)
    queue.wait(waiter('b'), LIMIT)

    queue.admit(() => true)

    assert.deepEqual(told, ['a in', 'b in'])
    assert.equal(queue.size, 1)
    queue.leave(again)
  })
})
