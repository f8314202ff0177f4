import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BudgetWatch } from '../../src/budget-watch.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const CALLS = { setting: 'SAMPAN_MAX_CALLS', limit: 10 }

function start() {
  const [log, clock] = [new RecordingLog(), new FakeClock()]
  const watch = new BudgetWatch(log, clock)
  const times = (): unknown[] => log.named('calls full').map(({ fields }) => fields['times'])
  return { log, clock, watch, times }
}

describe('BudgetWatch', () => {
  it('says at once that a budget is used up, with its setting and its limit', () => {
    const { log, watch } = start()

    watch.note('calls full', CALLS)

    assert.deepEqual(log.lines, [{ level: 'warn', message: 'calls full', fields: { ...CALLS, times: 1 } }])
  })

  it('says how often it happened once a minute for as long as it goes on, and then nothing', async () => {
    const { clock, watch, times } = start()

    for (let n = 0; n < 1_000; n += 1) watch.note('calls full', CALLS)
    assert.deepEqual(times(), [1])
    await clock.advance(60_000)
    assert.deepEqual(times(), [1, 999])
    for (let n = 0; n < 5; n += 1) watch.note('calls full', CALLS)
    await clock.advance(60_000)
    assert.deepEqual(times(), [1, 999, 5])
    await clock.advance(600_000)

    assert.deepEqual(times(), [1, 999, 5])
    assert.equal(clock.waiting, 0)
  })

  it('says it at once again after a quiet minute', async () => {
    const { clock, watch, times } = start()

    watch.note('calls full', CALLS)
    await clock.advance(60_000)
    watch.note('calls full', CALLS)

    assert.deepEqual(times(), [1, 1])
  })

  it('keeps the minutes of different budgets apart', () => {
    const { log, watch } = start()

    watch.note('calls full', CALLS)
    watch.note('connections full', { setting: 'SAMPAN_MAX_CONNECTIONS', limit: 20 })

    assert.deepEqual(log.messages('warn'), ['calls full', 'connections full'])
  })
})
