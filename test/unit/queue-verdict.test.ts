import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { asyncRemarks } from '../../src/core/calls/async-annotations.ts'
import { type ErrorCode, FaasError } from '../../src/core/errors.ts'
import { readRetryAfter, retryDelayMs, retryPolicy, USUAL_RETRY } from '../../src/queue/job/retry-policy.ts'
import { type Ending, headerOf, type VerdictFacts, verdictOn } from '../../src/queue/job/verdict.ts'

const NOW_MS = 1_700_000_000_000
const INTERNAL = ['X-OpenFaaS-Internal', 'faas-middleware']

const FACTS: VerdictFacts = {
  attempts: 1,
  deferrals: 1,
  policy: { ...USUAL_RETRY, jitter: 'none' },
  random: 0.5,
  nowMs: NOW_MS,
}

const answered = (status: number, rawHeaders: readonly string[] = []): Ending => ({
  kind: 'answered',
  status,
  rawHeaders,
})
const failed = (code: ErrorCode): Ending => ({ kind: 'failed', error: new FaasError(code, 'no') })

describe('what becomes of a call', () => {
  const cases: readonly [string, Ending, string][] = [
    ['200', answered(200), 'final'],
    ['302', answered(302), 'final'],
    ['400', answered(400), 'final'],
    ['404', answered(404), 'final'],
    ['408', answered(408), 'retry'],
    ['429', answered(429), 'retry'],
    ['500', answered(500), 'retry'],
    ['501', answered(501), 'final'],
    ['502', answered(502), 'retry'],
    ['503', answered(503), 'retry'],
    ['504', answered(504), 'retry'],
    ['401 of the middleware', answered(401, INTERNAL), 'final'],
    ['403 of the middleware', answered(403, INTERNAL), 'final'],
    ['404 of the middleware', answered(404, INTERNAL), 'retry'],
    ['500 of the middleware', answered(500, INTERNAL), 'retry'],
    ['429 of the middleware', answered(429, INTERNAL), 'defer'],
    ['503 of the middleware', answered(503, INTERNAL), 'defer'],
    ['no replica', failed('unavailable'), 'defer'],
    ['our limit', failed('too-busy'), 'defer'],
    ['a function that was removed while its call waited', failed('not-found'), 'defer'],
    ['a connection that broke', failed('bad-gateway'), 'retry'],
    ['our time limit', failed('timed-out'), 'retry'],
    ['a call that is no HTTP', failed('invalid'), 'final'],
    ['a circle', failed('loop'), 'final'],
    ['an answer that is too large', failed('too-large'), 'final'],
  ]
  for (const [what, ending, kind] of cases)
    it(`after ${what}: ${kind}`, () => assert.equal(verdictOn(ending, FACTS).kind, kind))

  it('after its last attempt is dead, but not when nobody took it or it is its answer', () => {
    const last = { ...FACTS, attempts: 10 }
    assert.equal(verdictOn(answered(500), last).kind, 'dead')
    assert.equal(verdictOn(answered(429, INTERNAL), last).kind, 'defer')
    assert.equal(verdictOn(answered(404), last).kind, 'final')
  })

  it('waits as long as the function asks for, within an hour', () => {
    const delayOf = (ending: Ending): number => {
      const verdict = verdictOn(ending, FACTS)
      return verdict.kind === 'retry' || verdict.kind === 'defer' ? verdict.delayMs : -1
    }
    assert.equal(delayOf(answered(503, ['retry-after', '60'])), 60_000)
    assert.equal(delayOf(answered(429, ['Retry-After', '1'])), 10_000)
    assert.equal(delayOf(answered(500, ['Retry-After', '60'])), 10_000)
    assert.equal(delayOf(answered(429, [...INTERNAL, 'Retry-After', '60'])), 60_000)
    for (const headers of [[], INTERNAL])
      assert.equal(delayOf(answered(503, [...headers, 'Retry-After', '999999999'])), 3_600_000)
  })

  it('waits two seconds at most for a replica that is busy: few are asked at a time', () => {
    for (const deferrals of [4, 8, 1_000]) {
      const verdict = verdictOn(answered(429, INTERNAL), { ...FACTS, deferrals, random: 1 })
      assert.deepEqual(verdict, { kind: 'defer', delayMs: 2_000, isOverload: true })
    }
  })

  it('waits longer each time that nobody takes it, up to half a minute', () => {
    for (const [deferrals, leastMs, mostMs] of [
      [1, 125, 250],
      [3, 500, 1_000],
      [8, 15_000, 30_000],
      [1_000_000, 15_000, 30_000],
    ] as const) {
      for (const random of [0, 0.5, 1]) {
        const verdict = verdictOn(failed('unavailable'), { ...FACTS, deferrals, random })
        assert.ok(verdict.kind === 'defer' && verdict.delayMs >= leastMs && verdict.delayMs <= mostMs)
        assert.equal(verdict.isOverload, false)
      }
    }
  })
})

describe('the retry policy of a function', () => {
  const key = (name: string): string => `com.openfaas.retry.${name}`

  it('is what its annotations say', () => {
    const policy = retryPolicy(
      {
        [key('attempts')]: ' 3 ',
        [key('codes')]: '500, 418',
        [key('min_wait')]: '100ms',
        [key('max_wait')]: '2s',
      },
      USUAL_RETRY,
    )
    assert.deepEqual(policy, {
      attempts: 3,
      codes: new Set([500, 418]),
      minWaitMs: 100,
      maxWaitMs: 2_000,
      jitter: 'full',
    })
  })

  it('is the usual one where they say nothing or nonsense, which is told', () => {
    assert.deepEqual(retryPolicy({}, USUAL_RETRY), USUAL_RETRY)
    const nonsense: readonly [string, readonly string[]][] = [
      ['attempts', ['0', '-1', '1.5', 'many', '', '9999999', '1e3', '٣']],
      ['codes', ['', '99', '600', '500;502', 'all', '500,,502']],
      ['min_wait', ['-1s', 'soon', '', '999999h', '1x']],
      ['max_wait', ['-1s', '1e99h', '9'.repeat(60)]],
    ]
    for (const [name, values] of nonsense) {
      for (const value of values) {
        const annotations = { [key(name)]: value }
        assert.deepEqual(retryPolicy(annotations, USUAL_RETRY), USUAL_RETRY, `${name}=${value}`)
        const [remark = '', ...others] = asyncRemarks(annotations)
        assert.ok(remark.startsWith(`annotations.${key(name)}: `) && others.length === 0, remark)
      }
    }
  })

  it('never has a longest wait below the shortest', () => {
    const policy = retryPolicy({ [key('min_wait')]: '10m', [key('max_wait')]: '1s' }, USUAL_RETRY)
    assert.deepEqual([policy.minWaitMs, policy.maxWaitMs], [600_000, 600_000])
  })

  it('doubles the wait up to the longest, and leaves what it says to chance', () => {
    const wait = (attempt: number, jitter: 'none' | 'full' | 'equal', random: number): number =>
      retryDelayMs({ ...USUAL_RETRY, jitter }, { attempt, askedMs: null, random })
    const waits = [1, 2, 3, 4, 5, 100, 999_999].map((attempt) => wait(attempt, 'none', 0.3))
    assert.deepEqual(waits, [10_000, 20_000, 40_000, 80_000, 120_000, 120_000, 120_000])
    assert.deepEqual([wait(3, 'full', 0), wait(3, 'full', 1)], [10_000, 40_000])
    assert.deepEqual([wait(3, 'equal', 0), wait(3, 'equal', 1)], [20_000, 40_000])
  })
})

describe('a wait that a function asks for', () => {
  it('is a number of seconds or a date', () => {
    assert.equal(readRetryAfter('0', NOW_MS), 0)
    assert.equal(readRetryAfter('120', NOW_MS), 120_000)
    assert.equal(readRetryAfter(new Date(NOW_MS + 5_000).toUTCString(), NOW_MS), 5_000)
    assert.equal(readRetryAfter('Wed, 21 Oct 2015 07:28:00 GMT', NOW_MS), 0)
  })

  it('is none in any other form', () => {
    for (const text of ['', '-1', '1.5', '1s', '9999999999', 'soon', '2030-01-01', 'Mon, never', '1 '])
      assert.equal(readRetryAfter(text, NOW_MS), null, text)
  })
})

describe('a header of an answer', () => {
  it('is found in any case, the first one, also without a value', () => {
    assert.equal(headerOf(['A', 'x', 'retry-AFTER', '1', 'Retry-After', '2'], 'retry-after'), '1')
    assert.equal(headerOf(['A', ''], 'a'), '')
    assert.equal(headerOf(['value', 'a'], 'a'), null)
    assert.equal(headerOf(['a'], 'a'), null)
  })
})
