import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FunctionCondition, FunctionState } from '../../src/core/functions/function-condition.ts'
import type { DeployedFunction } from '../../src/core/functions/function-spec.ts'
import { Rollouts } from '../../src/scaler/rollouts.ts'
import { deployed } from '../fixtures/deployed.ts'

function start() {
  const told: string[] = []
  const rollouts = new Rollouts({ tell: ({ kind, reason }) => told.push(`${kind}: ${reason}`) })
  const first = deployed({ revision: 1, replicas: 1 })
  rollouts.changed(first, null)
  const { name } = first.spec
  const noted = (state: FunctionState, revision: number, reason = ''): void => {
    const condition: FunctionCondition = { state, reason, lastWords: [], revision, serving: null }
    rollouts.noted(name, condition)
  }
  return { told, rollouts, first, noted }
}

function after(fn: DeployedFunction, revision: number): DeployedFunction {
  return { ...fn, revision, lastGood: { revision: fn.revision, spec: fn.spec, artifact: fn.artifact } }
}

describe('what is told of revisions', () => {
  it('is nothing of a first deployment that gets ready, and of what changes without a new revision', () => {
    const { told, rollouts, first, noted } = start()

    noted('starting', 1)
    noted('ready', 1)
    rollouts.changed({ ...first, replicas: 3 }, first)
    noted('ready', 1)

    assert.deepEqual(told, [])
  })

  it('is that one replaces another, what serves meanwhile, and that it serves', () => {
    const { told, rollouts, first, noted } = start()

    rollouts.changed(after(first, 2), first)
    noted('updating', 2)
    noted('ready', 2)
    noted('ready', 2)

    assert.deepEqual(told, [
      'updated: revision 2 replaces 1; revision 1 serves until it is ready',
      'serving: revision 2 serves',
    ])
  })

  it('is once that one cannot serve and why, however often it is tried, and that an earlier one is rolled out again', () => {
    const { told, rollouts, first, noted } = start()
    const second = after(first, 2)
    rollouts.changed(second, first)

    for (let time = 0; time < 3; time += 1) noted('degraded', 2, 'its process ended; revision 1 serves')
    rollouts.changed(after(second, 3), second, 1)
    noted('ready', 3)

    assert.deepEqual(told.slice(1), [
      'degraded: its process ended; revision 1 serves',
      'rolled-back: revision 3 is revision 1 again; revision 2 serves until it is ready',
      'serving: revision 3 serves',
    ])
  })

  it('is that a function fails, and that it works again', () => {
    const { told, noted } = start()

    noted('failing', 1, 'out of memory')
    noted('starting', 1)
    noted('failing', 1, 'out of memory')
    noted('ready', 1)
    noted('failing', 1, 'out of memory')

    assert.deepEqual(told, [
      'failing: out of memory',
      'recovered: revision 1 serves again',
      'failing: out of memory',
    ])
  })

  it('is nothing of a function that is gone', () => {
    const { told, rollouts, first, noted } = start()
    rollouts.forget(first.spec.name)

    noted('failing', 1, 'out of memory')

    assert.deepEqual(told, [])
  })
})
