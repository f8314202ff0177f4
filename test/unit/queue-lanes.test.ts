import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { QueuedCall, QueuedCallState } from '../../src/core/calls/queued-call.ts'
import { CALLS_PREFIX, subjectOf } from '../../src/queue/job/subjects.ts'
import { AdaptiveLimit } from '../../src/queue/run/lanes/adaptive-limit.ts'
import { admissionOf } from '../../src/queue/run/admission.ts'
import { DueTimes } from '../../src/queue/run/lanes/due-times.ts'
import { shareOf } from '../../src/queue/run/lanes/lane-share.ts'
import { Lanes } from '../../src/queue/run/lanes/lanes.ts'
import { Pulls } from '../../src/queue/run/lanes/pulls.ts'
import { readReply } from '../../src/queue/run/lanes/receipt.ts'
import { Random } from '../integration/random.ts'

const CALL: QueuedCall = {
  id: '0',
  callId: 'c',
  fn: functionName('echo'),
  queue: 'q',
  state: 'queued',
  attempts: 0,
  deferrals: 0,
  sequence: 1,
  enqueuedAtMs: 0,
  startedAtMs: 0,
  finishedAtMs: 0,
  nextAtMs: 0,
  expiresAtMs: 1_000,
  status: 0,
  reason: null,
  error: '',
  durationMs: 0,
  callback: null,
  resultFile: '',
  resultHead: '',
}

describe('a call that is delivered', () => {
  const facts = { call: CALL, hasFunction: true, mostAttempts: 3, nowMs: 500 }
  const kindOf = (given: object): string => {
    const admission = admissionOf({ ...facts, ...given })
    return admission.kind === 'bury' ? admission.reason : admission.kind
  }

  it('runs, unless something is against it', () => {
    assert.equal(kindOf({}), 'run')
    assert.equal(kindOf({ call: { ...CALL, state: 'running', attempts: 2 } }), 'run')
    assert.equal(kindOf({ call: { ...CALL, nextAtMs: 500 } }), 'run')
    assert.equal(kindOf({ nowMs: 1_000 }), 'run')
    assert.equal(kindOf({ hasFunction: false }), 'function_not_found')
    assert.equal(kindOf({ call: { ...CALL, nextAtMs: 501 } }), 'later')
    assert.equal(kindOf({ call: { ...CALL, attempts: 3 } }), 'interrupted')
    assert.equal(kindOf({ nowMs: 1_001 }), 'expired')
  })

  it('is over when it has ended, whatever else is true of it', () => {
    const worst = { hasFunction: false, nowMs: 9_999 }
    const states: QueuedCallState[] = ['succeeded', 'failed', 'dead', 'cancelled', 'expired']
    for (const state of states)
      assert.equal(kindOf({ ...worst, call: { ...CALL, state, attempts: 9, nextAtMs: 1e12 } }), 'over')
  })

  it('is buried when it is too old, also when its time to run has not come', () => {
    assert.equal(kindOf({ nowMs: 1_001, call: { ...CALL, nextAtMs: 2_000 } }), 'expired')
  })
})

describe('how many calls of a function run at a time', () => {
  it('grows with each success until a refusal, then shrinks, pauses and grows carefully', () => {
    const limit = new AdaptiveLimit()
    assert.equal(limit.limit(50, 0), 1)
    for (let time = 0; time < 15; time += 1) limit.succeeded(50, time)
    assert.equal(limit.limit(50, 20), 16)

    limit.refused(null, 100)
    assert.deepEqual([limit.limit(50, 100), limit.limit(50, 349), limit.limit(50, 350)], [0, 0, 12])
    for (let time = 400; time < 10_000; time += 100) limit.succeeded(50, time)
    assert.equal(limit.limit(50, 10_000), 12)
    limit.succeeded(50, 10_100)
    limit.succeeded(50, 10_200)
    assert.equal(limit.limit(50, 10_300), 13)
  })

  it('counts refusals that come together as one, and pauses for the longest', () => {
    const limit = new AdaptiveLimit()
    for (let time = 0; time < 99; time += 1) limit.succeeded(1_000, time)
    for (let time = 0; time < 40; time += 1) limit.refused(1_000 + time, 200)

    assert.deepEqual([limit.pausedUntilMs, limit.limit(1_000, 1_238)], [1_239, 0])
    assert.equal(limit.limit(1_000, 1_239), 75)
  })

  it('is at least one whatever happens, and never above what others allow', () => {
    const limit = new AdaptiveLimit()
    const random = new Random(1)
    let nowMs = 0
    for (let time = 0; time < 5_000; time += 1) {
      nowMs += random.below(3_000)
      const most = 1 + random.below(20)
      const does = random.below(4)
      if (does === 0) limit.refused(random.below(2) === 0 ? null : random.below(5_000), nowMs)
      else if (does === 1) limit.replicasAre(random.below(4))
      else limit.succeeded(random.below(3) === 0 ? Infinity : most * random.below(2), nowMs)
      const found = limit.limit(most, Math.max(nowMs, limit.pausedUntilMs))
      assert.ok(Number.isInteger(found) && found >= 1 && found <= most, String(found))
    }
  })

  it('follows the number of replicas once it was found', () => {
    const limit = new AdaptiveLimit()
    limit.replicasAre(2)
    for (let time = 0; time < 9; time += 1) limit.succeeded(50, time)
    limit.replicasAre(4)
    assert.equal(limit.limit(50, 10), 10)
    limit.refused(0, 10)
    limit.replicasAre(8)
    assert.equal(limit.limit(50, 10), 14)
    limit.replicasAre(0)
    limit.replicasAre(1)
    assert.equal(limit.limit(50, 10), 2)
  })
})

describe('the share of a lane', () => {
  it('is never more than is free, than its limit, or below nothing', () => {
    const random = new Random(2)
    for (let time = 0; time < 20_000; time += 1) {
      const [free, held, limit, hungry] = [60, 60, 60, 10].map((below) => random.below(below)) as [
        number,
        number,
        number,
        number,
      ]
      const share = shareOf({ free, held, limit, hungry })
      assert.ok(Number.isInteger(share) && share >= 0 && share <= free)
      assert.ok(share === 0 || held + share <= limit)
    }
  })

  it('leaves room for a newcomer when lanes want all there is, from three places on', () => {
    for (const places of [3, 4, 8, 16, 50, 200]) {
      for (const lanes of [1, 2, 3, 10]) {
        const held = Array.from({ length: lanes }, () => 0)
        const total = (): number => held.reduce((sum, one) => sum + one, 0)
        for (let round = 0; round < 50; round += 1) {
          for (let at = 0; at < lanes; at += 1) {
            const free = places - total()
            held[at] =
              (held[at] ?? 0) + shareOf({ free, held: held[at] ?? 0, limit: places, hungry: lanes - at })
            assert.ok(total() <= places)
          }
        }
        if (lanes < places / 4) assert.ok(places - total() > 0, `${lanes} lanes of ${places} places`)
      }
    }
  })

  it('is one at least while there is a place, so that nobody starves', () => {
    for (let free = 1; free < 60; free += 1)
      for (const hungry of [1, 2, 100]) assert.ok(shareOf({ free, held: 0, limit: 50, hungry }) >= 1)
  })
})

describe('due times', () => {
  it('come in order, however many fall together, and none before its time', () => {
    const due = new DueTimes()
    const random = new Random(3)
    const times = Array.from({ length: 5_000 }, () => 1_700_000_000_000 + random.below(100_000))
    for (const at of times) due.add(at)

    const seen: number[] = []
    for (let next = due.next; next !== null; next = due.next) {
      assert.equal(due.pass(next - 1), false)
      assert.equal(due.pass(next), true)
      seen.push(next)
    }

    assert.deepEqual(
      seen,
      seen.toSorted((a, b) => a - b),
    )
    assert.deepEqual(
      seen,
      [...new Set(times.map((at) => Math.ceil(at / 50) * 50))].toSorted((a, b) => a - b),
    )
    assert.equal(due.pass(Infinity), false)
    due.add(7)
    due.add(7)
    assert.equal(due.pass(1_000), true)
    assert.equal(due.next, null)
  })
})

describe('lanes', () => {
  const name = (fn: string) => ({ queue: 'q', fn: functionName(fn) })

  it('have turns in order, and go to the end when they had one', () => {
    const lanes = new Lanes(CALLS_PREFIX)
    const [a, b, c] = ['a', 'b', 'c'].map((fn) => lanes.open(name(fn), 0))
    assert.ok(a && b && c)
    lanes.served(a)
    assert.deepEqual(
      lanes.hungry(() => true),
      [b, c, a],
    )
    lanes.served(c)
    assert.deepEqual(
      lanes.hungry((lane) => lane !== a),
      [b, c],
    )
    lanes.remove(b)
    lanes.served(b)
    assert.deepEqual(
      lanes.hungry(() => true),
      [a, c],
    )
    assert.equal(lanes.size, 2)
  })

  it('are one for each subject, and none for a subject of another form', () => {
    const lanes = new Lanes(CALLS_PREFIX)
    const lane = lanes.open(name('a'), 0)
    assert.equal(lanes.open(name('a'), 5), lane)
    assert.equal(lanes.openSubject(subjectOf(CALLS_PREFIX, name('a')), 5), lane)
    assert.equal(lanes.openSubject('faas.async.q.ns', 5), undefined)
    assert.equal(lanes.get(name('b')), undefined)
    assert.equal(lanes.bySubject(lane.subject), lane)
  })
})

describe('pulls under way', () => {
  it('count what may come still, until it came or nothing more comes', () => {
    const lanes = new Lanes(CALLS_PREFIX)
    const [a, b] = ['a', 'b'].map((fn) => lanes.open({ queue: 'q', fn: functionName(fn) }, 0))
    assert.ok(a && b)
    const pulls = new Pulls()
    const first = pulls.begin(a, 3)
    const second = pulls.begin(b, 2)
    assert.deepEqual([pulls.asked, a.asked, a.held], [5, 3, 3])

    pulls.arrived(a)
    assert.deepEqual([pulls.asked, a.asked], [4, 2])
    assert.equal(pulls.end(first), a)
    assert.equal(pulls.end(first), undefined)
    pulls.arrived(b)
    pulls.arrived(b)
    assert.deepEqual([pulls.asked, a.pull, b.pull, pulls.end(second)], [0, '', '', undefined])

    pulls.begin(a, 4)
    pulls.clear()
    assert.deepEqual([pulls.asked, a.asked, a.pull], [0, 0, ''])
  })
})

describe('the reply subject of a delivery', () => {
  it('says the same in its short and in its long form', () => {
    const facts = { sequence: 7, deliveries: 2, pending: 4, storedAt: '1700000000000000000' }
    const rest = 'FAAS_ASYNC.q_x.2.7.3.1700000000000000000.4'
    assert.deepEqual(readReply(`$JS.ACK.${rest}`), facts)
    assert.deepEqual(readReply(`$JS.ACK._.account.${rest}`), facts)
    assert.deepEqual(readReply(`$JS.ACK.hub.account.${rest}.token`), facts)
  })
})
