import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BudgetWatch } from '../../src/budget-watch.ts'
import { HeadBudget, type HeadSender } from '../../src/gateway/edge/budgets/head-budget.ts'
import { Random } from '../integration/random.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const WATCH = new BudgetWatch(new RecordingLog(), new FakeClock())

class Sender implements HeadSender {
  said = ''

  shed(message: string): void {
    this.said = message
  }
}

describe('the budget of unfinished heads', () => {
  it('gives up the head that was begun first, and says which setting is full', () => {
    const budget = new HeadBudget(100, WATCH)
    const [first, second, third] = [new Sender(), new Sender(), new Sender()]
    budget.hold(first, 40)
    budget.hold(second, 40)
    budget.hold(first, 10)

    budget.hold(third, 30)

    assert.match(first.said, /more than 100 bytes .*\(SAMPAN_HEADER_BUDGET\)$/)
    assert.deepEqual([second.said, third.said, budget.used, budget.shed], ['', '', 70, 1])
  })

  it('gives up as many as it takes, the newcomer too', () => {
    const budget = new HeadBudget(100, WATCH)
    const senders = [new Sender(), new Sender(), new Sender()]
    for (const sender of senders) budget.hold(sender, 30)
    const large = new Sender()

    budget.hold(large, 200)

    assert.deepEqual(
      [...senders, large].filter(({ said }) => said === ''),
      [],
    )
    assert.deepEqual([budget.used, budget.shed], [0, 4])
  })

  it('takes what is complete off once, however often it is told', () => {
    const budget = new HeadBudget(100, WATCH)
    const sender = new Sender()
    budget.hold(sender, 30)

    budget.release(sender)
    budget.release(sender)
    budget.release(new Sender())

    assert.equal(budget.used, 0)
  })

  it('is never exceeded and never negative, in any order', () => {
    const random = new Random(3)
    const budget = new HeadBudget(500, WATCH)
    const senders = Array.from({ length: 20 }, () => new Sender())
    for (let step = 0; step < 10_000; step += 1) {
      const sender = senders[random.below(senders.length)] ?? assert.fail()
      if (random.below(3) === 0) budget.release(sender)
      else budget.hold(sender, random.below(200))
      assert.ok(budget.used >= 0 && budget.used <= 500, `${budget.used} bytes`)
    }
    for (const sender of senders) budget.release(sender)
    assert.equal(budget.used, 0)
  })
})
