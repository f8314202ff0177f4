import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { conditionOf, type FunctionCondition } from '../../src/core/functions/function-condition.ts'
import type { EarlierRevision, FunctionSpec } from '../../src/core/functions/function-spec.ts'
import {
  changedFields,
  revisionHistory,
  revisionToReturnTo,
} from '../../src/core/functions/revision-history.ts'
import { deployed } from '../fixtures/deployed.ts'

const CRASH = 'it exited with code 1'

function earlier(revision: number, more: Partial<EarlierRevision> = {}): EarlierRevision {
  const { spec, artifact } = deployed()
  return {
    spec,
    artifact,
    revision,
    body: '{}',
    deployedAtMs: revision,
    wasReady: false,
    reason: '',
    ...more,
  }
}

function condition(ready: readonly number[], isTrouble = false, desired = 1): FunctionCondition {
  const { spec } = deployed()
  const obstacle = isTrouble ? CRASH : 'it is still starting'
  const named = (revision: number) => ({ revision, image: spec.image })
  return conditionOf({
    fn: spec.name,
    newest: named(4),
    lastGood: named(2),
    lastGoodObstacle: '',
    desired,
    ready,
    obstacle,
    isTrouble,
    lastWords: [],
  })
}

describe('the history of a function', () => {
  const before = [earlier(3, { reason: CRASH }), earlier(2, { wasReady: true }), earlier(1)]
  const states = (isProved: boolean, now: FunctionCondition | null): readonly string[] =>
    revisionHistory(deployed({ revision: 4, isProved }), before, now).map(({ state }) => state)

  it('says which revision serves, and of the others whether they were good or failed, or nobody knows', () => {
    assert.deepEqual(states(true, condition([4])), ['serving', 'failed', 'good', 'unproved'])
    assert.deepEqual(states(false, condition([2])), ['newest', 'failed', 'serving', 'unproved'])
    assert.deepEqual(states(false, condition([2], true)), ['failed', 'failed', 'serving', 'unproved'])
    assert.deepEqual(states(false, condition([], true)), ['failed', 'failed', 'good', 'unproved'])
    assert.deepEqual(states(true, condition([], true)), ['failed', 'failed', 'good', 'unproved'])
    assert.deepEqual(states(true, condition([], false, 0)), ['good', 'failed', 'good', 'unproved'])
    assert.deepEqual(states(false, null), ['newest', 'failed', 'good', 'unproved'])
  })

  it('gives for the newest the very reason of the status, and for earlier ones that of their time', () => {
    const now = condition([2], true)

    const reasons = revisionHistory(deployed({ revision: 4 }), before, now).map(({ reason }) => reason)

    assert.match(now.reason, /revision 4 .* is not in service: it exited with code 1; revision 2 .* serves/)
    assert.deepEqual(reasons, [now.reason, CRASH, '', ''])
  })

  it('names the fields that changed, and never a value', () => {
    const spec: Partial<FunctionSpec> = {
      image: 'example/hello:2',
      envVars: { PASSWORD: 'new-secret', SAME: 'same', ADDED: 'x' },
      limits: { memory: '64Mi' },
      secrets: ['token'],
    }
    const old = earlier(1, {
      spec: deployed({ spec: { envVars: { PASSWORD: 'old-secret', SAME: 'same', GONE: 'x' } } }).spec,
    })
    const history = revisionHistory(deployed({ revision: 2, spec }), [old], null)

    assert.deepEqual(history[0]?.changed, [
      'image',
      'secrets',
      'envVars.PASSWORD',
      'envVars.GONE',
      'envVars.ADDED',
      'limits.memory',
    ])
    assert.equal(history[1]?.changed, null, 'what was before it is not kept')
    assert.doesNotMatch(JSON.stringify(history), /-secret/)
  })

  it('tells another image under the same name from the same one', () => {
    const other = `sha256:${'2'.repeat(64)}`

    assert.deepEqual(changedFields(earlier(1), earlier(2)), [])
    assert.deepEqual(changedFields(earlier(1), earlier(2, { artifact: other })), ['artifact'])
    assert.deepEqual(changedFields(earlier(1), earlier(2, { artifact: null })), [])
  })
})

describe('the revision that a rollback returns to', () => {
  const newest = deployed({ revision: 5 })
  const before = [earlier(4), earlier(3, { wasReady: true }), earlier(2, { wasReady: true }), earlier(1)]

  it('is the last good one before the newest, or the one that is asked for', () => {
    assert.equal(revisionToReturnTo(newest, before, undefined).revision, 3)
    assert.equal(revisionToReturnTo(newest, before, 1).revision, 1)
  })

  it('is none, with a sentence that names the field and what there is', () => {
    const refused = (kept: readonly EarlierRevision[], wanted: number | undefined, message: string): void =>
      assert.throws(() => revisionToReturnTo(newest, kept, wanted), { code: 'invalid', message })

    refused(before, 5, 'revision: 5 is the newest already')
    refused(before, 9, 'revision: 9 is not kept; those that are: 4, 3, 2, 1')
    refused([], 9, 'revision: none before 5, the newest, is kept')
    refused([], undefined, 'revision: none before 5, the newest, is kept')
    refused(
      [earlier(4), earlier(1)],
      undefined,
      'revision: none before 5, the newest, was ever ready; name one of 4, 1',
    )
  })
})
