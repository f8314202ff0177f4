import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DeployedFunction } from '../../src/core/functions/function-spec.ts'
import { isAvailable } from '../../src/core/provider/replica.ts'
import {
  describeFunction,
  type FunctionFacts,
} from '../../src/provider/docker/readiness/describe-function.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { deployed, identityOf } from '../fixtures/deployed.ts'

const LACK = 'nothing accepts connections at port 8080 of the container: it does not listen yet'
const first = deployed({ revision: 1 })
const { spec, revision, artifact } = first
const second = deployed({ revision: 2, lastGood: { spec, revision, artifact } })

/** Replicas that run, and how the function does. */
function facts(fn: DeployedFunction, trouble: Partial<FunctionFacts['trouble']> = {}) {
  const table = new ReplicaTable(
    () => 0,
    () => {},
  )
  return {
    add: (id: string, of: DeployedFunction, change: Parameters<ReplicaTable['change']>[1]) => {
      table.add(id, identityOf(of), { isRunning: true, host: '10.0.0.1' })
      table.change(id, change)
    },
    condition: () =>
      describeFunction({
        fn,
        trouble: { isFetching: false, setback: '', lastGoodSetback: '', lastWords: [], ...trouble },
        replicas: table.of(fn.spec.name),
        engine: { reachable: true, version: '1', reason: '' },
      }),
  }
}

describe('the condition of a function whose replicas run', () => {
  it('has the reason of the replica that is not ready', () => {
    const made = facts(first)
    made.add('a', first, {})
    assert.equal(made.condition().reason, 'it is still starting')

    made.add('b', first, { reason: LACK })

    assert.deepEqual([made.condition().state, made.condition().reason], ['starting', LACK])
  })

  it('says so of the newest revision while the one before serves', () => {
    const made = facts(second)
    made.add('a', first, { state: 'ready' })
    made.add('b', second, { reason: LACK })

    const { state, reason, serving } = made.condition()

    assert.deepEqual([state, serving?.revision], ['updating', 1])
    assert.equal(
      reason,
      `revision 1 (example/hello:1) serves until revision 2 (example/hello:1) is ready: ${LACK}`,
    )
  })

  it('does not take the reason of an older revision for that of the newest', () => {
    const made = facts(second)
    made.add('a', first, { reason: LACK })

    assert.equal(made.condition().reason, 'its container is being created')
  })

  it('has no reason once enough of them are ready', () => {
    const made = facts(first)
    made.add('a', first, { reason: LACK })
    made.add('b', first, { state: 'ready' })

    assert.deepEqual([made.condition().state, made.condition().reason], ['ready', ''])
  })

  it('counts a frozen replica among those that take calls, as the number in the status does', () => {
    const made = facts(first)
    made.add('a', first, { state: 'frozen' })
    const states = ['starting', 'ready', 'frozen', 'draining', 'gone'] as const

    assert.equal(made.condition().state, 'ready')
    assert.deepEqual(
      states.filter((state) => isAvailable({ state })),
      ['ready', 'frozen'],
    )
  })

  it('is failing, with the reason, when none can be made: for want of a secret', () => {
    const setback = 'its secret "key" does not exist in namespace openfaas-fn: create it again'

    const { state, reason } = facts(first, { setback }).condition()

    assert.deepEqual([state, reason], ['failing', setback])
  })
})
