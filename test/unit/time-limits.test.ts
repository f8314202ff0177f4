import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Refusal } from '../../src/gateway/edge/intake/refusal.ts'
import {
  endOf,
  KEEP_ALIVE_MS,
  limitOf,
  type Situation,
  type TimeLimits,
} from '../../src/gateway/edge/time-limits.ts'

const TIMES: TimeLimits = { headMs: 20_000, bodyMs: 60_000, halfClosedMs: 30_000 }
const AT_REST: Situation = {
  phase: 'waiting',
  isFresh: false,
  stage: 'between',
  isAnswered: true,
  isHalfClosed: false,
  isWriting: false,
}
const UPLOADING: Situation = { ...AT_REST, phase: 'busy', stage: 'body', isAnswered: false }
const RUNNING: Situation = { ...AT_REST, phase: 'busy', stage: 'complete', isAnswered: false }

describe('the longest silence', () => {
  const cases: readonly (readonly [what: string, situation: Situation, limitMs: number, end: string])[] = [
    ['from the connect to the first head', { ...AT_REST, isFresh: true }, 20_000, '408'],
    ['of the first head', { ...AT_REST, isFresh: true, stage: 'head' }, 20_000, '408'],
    ['of a later head', { ...AT_REST, stage: 'head' }, 20_000, '408'],
    ['between two requests', AT_REST, KEEP_ALIVE_MS, 'close'],
    ['in the middle of a body', UPLOADING, 60_000, '408'],
    ['in a body that nobody wants, after its answer', { ...UPLOADING, isAnswered: true }, 5_000, 'finish'],
    ['of an answer to a client that ended its sending', { ...RUNNING, isHalfClosed: true }, 30_000, 'close'],
    [
      'before our end is answered by the client’s',
      { ...AT_REST, phase: 'closing', stage: 'over' },
      500,
      'close',
    ],
    [
      'of a last answer that the client does not read',
      { ...AT_REST, phase: 'closing', isWriting: true },
      60_000,
      'close',
    ],
  ]
  for (const [what, situation, limitMs, end] of cases) {
    it(`the longest silence ${what} is ${limitMs} ms, and ends with: ${end}`, () => {
      assert.equal(limitOf(situation, TIMES), limitMs)
      const outcome = endOf(situation, limitMs)
      assert.equal(outcome instanceof Refusal ? String(outcome.status) : outcome, end)
    })
  }

  for (const [what, situation] of [
    ['of a function that runs', RUNNING],
    ['in a tunnel', { ...AT_REST, phase: 'tunnel' }],
    ['of what is closed', { ...AT_REST, phase: 'closed' }],
  ] as const)
    it(`the longest silence ${what} has no limit here`, () => assert.equal(limitOf(situation, TIMES), 0))

  it('a body has no longest silence where the setting says so', () => {
    assert.equal(limitOf(UPLOADING, { ...TIMES, bodyMs: 0 }), 0)
  })

  it('is named in the sentence for the client, with the setting', () => {
    const head = endOf({ ...AT_REST, isFresh: true }, 20_000)
    const body = endOf(UPLOADING, 1_500)

    assert.match(head instanceof Refusal ? head.message : '', /head did not arrive within 20 s/)
    assert.match(body instanceof Refusal ? body.message : '', /for 1\.5 s \(SAMPAN_READ_TIMEOUT\)/)
  })
})
