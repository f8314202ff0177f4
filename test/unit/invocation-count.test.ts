import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { InvocationCount } from '../../src/control/invocation-count.ts'
import { functionName, type FunctionName } from '../../src/core/function-name.ts'
import { jsonLog } from '../../src/log.ts'

const figlet = functionName('figlet')

let stored = new Map<FunctionName, number>()
let answered = 0
let writes = 0

function counter(): InvocationCount {
  return new InvocationCount({
    store: {
      load: () => new Map(stored),
      save: (totals) => {
        writes += 1
        for (const [fn, total] of totals) stored.set(fn, total)
      },
    },
    answered: () => answered,
    clock: systemClock,
    log: jsonLog('error', () => undefined),
  })
}

beforeEach(() => {
  stored = new Map([[figlet, 40]])
  answered = 0
  writes = 0
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

  it('begins anew after the function was removed', () => {
    const count = counter()
    count.forget(figlet)

    assert.equal(count.total(figlet), 0)
  })
})
