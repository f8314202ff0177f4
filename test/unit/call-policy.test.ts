import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { callPolicy, callsPerReplica, checkCallAnnotations } from '../../src/core/calls/call-policy.ts'
import type { StringMap } from '../../src/core/functions/function-spec.ts'
import { USUAL_POLICY } from '../fixtures/usual-policy.ts'

const TIMEOUT = 'com.sampan.call.timeout'
const CONCURRENCY = 'com.sampan.call.concurrency'
const MAX_WAIT = 'com.openfaas.max-wait'
const PER_REPLICA = 'com.sampan.replica.concurrency'

const policyOf = (annotations: StringMap, envVars: StringMap = {}) =>
  callPolicy({ annotations, envVars }, USUAL_POLICY)

describe('the policy for the calls of a function', () => {
  it('is that of the daemon where its annotations say nothing of it', () => {
    assert.equal(policyOf({ topic: 'a' }), USUAL_POLICY)
  })

  it('has one time for the whole call where they name it, shorter or longer than the daemon’s', () => {
    for (const [text, ms] of [
      ['5s', 5_000],
      ['90', 90_000],
      ['2h', 7_200_000],
    ] as const) {
      const { upstream, write, wake } = policyOf({ [TIMEOUT]: text })
      assert.deepEqual(write, { ms, setting: `annotation ${TIMEOUT}` })
      assert.equal(upstream.ms, 0)
      assert.equal(wake, USUAL_POLICY.wake)
    }
  })

  it('has fewer calls at a time where they say so, and never more than the daemon takes of one function', () => {
    const few = policyOf({ [CONCURRENCY]: '3' })
    assert.deepEqual(few.calls, { most: 3, setting: `annotation ${CONCURRENCY}` })

    const many = policyOf({ [CONCURRENCY]: '5000' })
    assert.equal(many.calls, USUAL_POLICY.calls)
  })

  it('has calls wait for a place where they say for how long, and a limit of a replica is known', () => {
    const wait = { ms: 2_500, setting: `annotation ${MAX_WAIT}` }
    const inflight = { most: 4, setting: 'max_inflight' }
    const annotated = { most: 7, setting: `annotation ${PER_REPLICA}` }

    assert.deepEqual(policyOf({ [MAX_WAIT]: '2500ms' }, { max_inflight: '4' }).places, {
      perReplica: inflight,
      wait,
    })
    const both = policyOf({ [MAX_WAIT]: '2500ms', [PER_REPLICA]: '7' }, { max_inflight: '4' })
    assert.deepEqual(both.places, { perReplica: annotated, wait })
    for (const [annotations, envVars] of [
      [{}, { max_inflight: '4' }],
      [{ [MAX_WAIT]: '0' }, { max_inflight: '4' }],
      [{ [MAX_WAIT]: '2h' }, { max_inflight: '4' }],
      [{ [MAX_WAIT]: '2s' }, { max_inflight: '0' }],
      [{ [MAX_WAIT]: '2s' }, { max_inflight: 'many' }],
    ] as const)
      assert.equal(policyOf(annotations, envVars).places, null, JSON.stringify([annotations, envVars]))
    assert.equal(callsPerReplica({ annotations: {}, envVars: { max_inflight: '4' } })?.most, 4)
  })

  it('passes over what makes no sense: a registry may hold it', () => {
    const odd = { [TIMEOUT]: '9'.repeat(80_000), [CONCURRENCY]: '-1' }
    assert.equal(policyOf(odd), USUAL_POLICY)
  })
})

describe('a deployment with annotations about calls', () => {
  it('is refused by the name of the field when they make no sense', () => {
    for (const [name, text, sentence] of [
      [TIMEOUT, 'soon', /^annotations\.com\.sampan\.call\.timeout: "soon" is not a duration/],
      [TIMEOUT, '500ms', /^annotations\.com\.sampan\.call\.timeout: "500ms" must be .* from 1s to 24h$/],
      [TIMEOUT, '25h', /must be a duration from 1s to 24h$/],
      [CONCURRENCY, '0', /^annotations\.com\.sampan\.call\.concurrency: "0" must be a whole number/],
      [PER_REPLICA, '0', /^annotations\.com\.sampan\.replica\.concurrency: "0" must be a whole number/],
      [MAX_WAIT, 'long', /^annotations\.com\.openfaas\.max-wait: "long" is not a duration/],
      [MAX_WAIT, '2h', /^annotations\.com\.openfaas\.max-wait: "2h" must be a duration of 1h at most$/],
      [CONCURRENCY, 'many', /^annotations\.com\.sampan\.call\.concurrency: "many" must be/],
    ] as const)
      assert.throws(() => checkCallAnnotations({ [name]: text }), { code: 'invalid', message: sentence })
  })

  it('is taken when they do', () => {
    checkCallAnnotations({ [TIMEOUT]: '1m30s', [CONCURRENCY]: '1', topic: 'a' })
  })
})
