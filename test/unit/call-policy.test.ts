import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { callPolicy, checkCallAnnotations } from '../../src/core/call-policy.ts'
import { USUAL_POLICY } from '../fixtures/usual-policy.ts'

const TIMEOUT = 'com.sampan.call.timeout'
const CONCURRENCY = 'com.sampan.call.concurrency'

describe('the policy for the calls of a function', () => {
  it('is that of the daemon where its annotations say nothing of it', () => {
    assert.equal(callPolicy({ topic: 'a' }, USUAL_POLICY), USUAL_POLICY)
  })

  it('has one time for the whole call where they name it, shorter or longer than the daemon’s', () => {
    for (const [text, ms] of [
      ['5s', 5_000],
      ['90', 90_000],
      ['2h', 7_200_000],
    ] as const) {
      const { upstream, write, wake } = callPolicy({ [TIMEOUT]: text }, USUAL_POLICY)
      assert.deepEqual(write, { ms, setting: `annotation ${TIMEOUT}` })
      assert.equal(upstream.ms, 0)
      assert.equal(wake, USUAL_POLICY.wake)
    }
  })

  it('has fewer calls at a time where they say so, and never more than the daemon takes of one function', () => {
    const few = callPolicy({ [CONCURRENCY]: '3' }, USUAL_POLICY)
    assert.deepEqual(few.calls, { most: 3, setting: `annotation ${CONCURRENCY}` })

    const many = callPolicy({ [CONCURRENCY]: '5000' }, USUAL_POLICY)
    assert.equal(many.calls, USUAL_POLICY.calls)
  })

  it('passes over what makes no sense: a registry may hold it', () => {
    const odd = { [TIMEOUT]: '9'.repeat(80_000), [CONCURRENCY]: '-1' }
    assert.equal(callPolicy(odd, USUAL_POLICY), USUAL_POLICY)
  })
})

describe('a deployment with annotations about calls', () => {
  it('is refused by the name of the field when they make no sense', () => {
    for (const [name, text, sentence] of [
      [TIMEOUT, 'soon', /^annotations\.com\.sampan\.call\.timeout: "soon" is not a duration/],
      [TIMEOUT, '500ms', /^annotations\.com\.sampan\.call\.timeout: "500ms" must be .* from 1s to 24h$/],
      [TIMEOUT, '25h', /must be a duration from 1s to 24h$/],
      [CONCURRENCY, '0', /^annotations\.com\.sampan\.call\.concurrency: "0" must be a whole number/],
      [CONCURRENCY, 'many', /^annotations\.com\.sampan\.call\.concurrency: "many" must be/],
    ] as const)
      assert.throws(() => checkCallAnnotations({ [name]: text }), { code: 'invalid', message: sentence })
  })

  it('is taken when they do', () => {
    checkCallAnnotations({ [TIMEOUT]: '1m30s', [CONCURRENCY]: '1', topic: 'a' })
  })
})
