import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { systemClock, type Clock } from '../../src/clock.ts'
import { InvocationCount } from '../../src/invoke/invocation-count.ts'
import { FaasError } from '../../src/core/errors.ts'
import { functionName, type FunctionName } from '../../src/core/functions/function-name.ts'
import type { Log } from '../../src/log.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const figlet = functionName('figlet')

let stored = new Map<FunctionName, number>()
let answered = 0
let writes = 0
let isFull = false

function counter(clock: Clock = systemClock, log: Log = new RecordingLog()): InvocationCount {
  return new InvocationCount({
    store: {
      load: () => new Map(stored),
      save: (totals) => {
        if (isFull) throw new FaasError('unavailable', 'the disk that holds the registry is full')
        writes += 1
        for (const [fn, total] of totals) stored.set(fn, total)
      },
    },
    answered: () => answered,
    clock,
    log,
  })
}

beforeEach(() => {
  stored = new Map([[figlet, 40]])
  answered = 0
  writes = 0
  isFull = false
})

describe('InvocationCount', () => {
  it('adds what was counted before this process and since', () => {
    const count = counter()
    answered = 2

    assert.equal(count.total(figlet), 42)
  })

  it('goes on counting where the last process stopped', () => {
    const before = counter()
    answered = 5
    before.save([figlet])
    answered = 0

    assert.equal(counter().total(figlet), 45)
  })

  it('writes nothing when nobody called', () => {
    const count = counter()
    answered = 1
    count.save([figlet])
    count.save([figlet])

    assert.equal(writes, 1)
  })

  it('writes the rest when it stops', async () => {
    const count = counter()
    count.start(() => [figlet])
    answered = 3

    await count.stop()

    assert.equal(stored.get(figlet), 43)
  })

  it('ends also when the rest cannot be written', async () => {
    const clock = new FakeClock()
    const count = counter(clock)
    count.start(() => [figlet])
    answered = 3
    isFull = true

    await assert.rejects(count.stop(), { code: 'unavailable' })

    assert.equal(clock.waiting, 0)
  })

  it('writes what changed every five seconds, and nothing while nobody calls', async () => {
    const clock = new FakeClock()
    const count = counter(clock)
    count.start(() => [figlet])

    answered = 3
    await clock.advance(5_000)
    assert.equal(stored.get(figlet), 43)
    await clock.advance(60_000)
    assert.equal(writes, 1)
    answered = 4
    await clock.advance(5_000)
    assert.equal(stored.get(figlet), 44)
    await count.stop()
  })

  it('says once that it cannot write, goes on trying, and says so again when it fails anew', async () => {
    const clock = new FakeClock()
    const log = new RecordingLog()
    const count = counter(clock, log)
    count.start(() => [figlet])
    answered = 3
    isFull = true
    await clock.advance(60_000)
    assert.deepEqual(log.messages('warn'), ['call counts not saved'])

    isFull = false
    await clock.advance(5_000)
    assert.equal(stored.get(figlet), 43)

    answered = 4
    isFull = true
    await clock.advance(5_000)
    assert.equal(log.messages('warn').length, 2)
    isFull = false
    await count.stop()
  })

  it('begins anew after the function was removed', () => {
    const count = counter()
    count.forget(figlet)

    assert.equal(count.total(figlet), 0)
  })
})
