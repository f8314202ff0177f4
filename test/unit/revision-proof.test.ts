import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RevisionProof } from '../../src/control/revision-proof.ts'
import { FaasError } from '../../src/core/errors.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { DeployedFunction } from '../../src/core/functions/function-spec.ts'
import { Database } from '../../src/registry/database.ts'
import { FunctionStore } from '../../src/registry/function-store.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { deployed } from '../fixtures/deployed.ts'

const hello = functionName('hello')

function rig(change: { readonly fails?: boolean } = {}) {
  const store = new FunctionStore(Database.open(':memory:'))
  const clock = new FakeClock()
  const log = new RecordingLog()
  const applied: DeployedFunction[] = []
  const put = { spec: deployed().spec, body: '{}', replicas: 1, artifact: null, nowMs: 1 }
  let isFull = change.fails === true
  const proof = new RevisionProof({
    registry: {
      get: (name) => store.get(name),
      prove: (name, revision) => {
        if (isFull) throw new FaasError('unavailable', 'the disk is full')
        return store.prove(name, revision)
      },
    },
    provider: { apply: (fn) => applied.push(fn) },
    clock,
    log,
  })
  return { store, clock, log, applied, proof, put, mend: () => (isFull = false) }
}

describe('the proof of a revision', () => {
  it('is noted when the newest takes calls, and told to the provider, which lets go of the one before', async () => {
    const { store, clock, log, applied, proof, put } = rig()
    proof.sawReady(hello, [store.insert(put).revision])
    await clock.advance(0)
    const second = store.replace(put)
    assert.notEqual(second.lastGood, undefined)

    proof.sawReady(hello, [second.revision - 1, second.revision])
    await clock.advance(0)

    assert.deepEqual([applied.length, applied.at(-1)?.lastGood], [2, undefined])
    assert.equal(log.named('revision in service').length, 2)
  })

  it('is not noted for an older one that still serves', async () => {
    const { store, clock, applied, proof, put } = rig()
    const first = store.insert(put)
    store.replace(put)

    proof.sawReady(hello, [first.revision])
    await clock.advance(0)

    assert.deepEqual(applied, [])
  })

  it('is tried again when the disk refused it', async () => {
    const { store, clock, log, applied, proof, put, mend } = rig({ fails: true })
    const { revision } = store.insert(put)
    proof.sawReady(hello, [revision])
    await clock.advance(0)
    assert.equal(log.named('revision in service not recorded').length, 1)

    mend()
    proof.sawReady(hello, [revision])
    await clock.advance(0)

    assert.equal(applied.length, 1)
  })

  it('is not written after the stop', async () => {
    const { store, clock, applied, proof, put } = rig()
    proof.sawReady(hello, [store.insert(put).revision])

    proof.stop()
    await clock.advance(0)

    assert.deepEqual(applied, [])
  })
})
