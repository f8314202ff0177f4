import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isQueueName } from '../../src/core/calls/async-annotations.ts'
import { FaasError } from '../../src/core/errors.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import { type CallbackJob, decodeCallback, encodeCallback } from '../../src/queue/job/callback-job.ts'
import { decodeDeadLetter, encodeDeadLetter } from '../../src/queue/job/dead-letter.ts'
import { seal, unseal } from '../../src/queue/job/envelope.ts'
import { decodeJob, encodeJob, type Job } from '../../src/queue/job/job.ts'
import { isJobId, jobId } from '../../src/queue/job/job-id.ts'
import { messageOfJob, rowOf } from '../../src/queue/job/job-records.ts'
import { CALLS_PREFIX, consumerOf, DEAD_PREFIX, laneOf, subjectOf } from '../../src/queue/job/subjects.ts'
import { Random } from '../integration/random.ts'

const ID = jobId(1_700_000_000_000)

const JOB: Job = {
  id: ID,
  callId: 'c1',
  fn: functionName('echo'),
  queue: 'faas-request',
  method: 'POST',
  path: '/a%20b?x=1',
  rawHeaders: ['X-A', 'b"\\\u00ff', 'x-a', ''],
  forwardedFor: '192.0.2.1',
  forwardedHost: null,
  startTime: '1700000000000000000',
  callback: 'http://u:p@caller/',
  keepsResult: true,
  idempotencyKey: null,
  enqueuedAtMs: 1,
  notBeforeMs: 0,
  expiresAtMs: 2,
  body: null,
}

const CALLBACK: CallbackJob = {
  id: ID,
  callId: 'c1',
  fn: functionName('echo'),
  queue: 'q2',
  url: 'http://caller/',
  status: 200,
  durationSeconds: 0.25,
  startTime: '1',
  retries: 0,
  retryMax: 9,
  rawHeaders: ['A', 'b'],
  body: null,
  keepsFile: false,
}

const DEATH = { reason: 'expired', attempts: 3, status: 500, error: 'no', answer: 'bm8=', atMs: 5 } as const

const BODIES = [
  null,
  Uint8Array.from({ length: 256 }, (_, at) => at),
  { file: `${ID}.body`, size: 5_000_000 },
] as const

const KINDS = [
  {
    what: 'a call',
    encode: (body: Job['body']) => encodeJob({ ...JOB, body }),
    decode: decodeJob,
    whole: (body: Job['body']) => ({ ...JOB, body }),
  },
  {
    what: 'a callback',
    encode: (body: Job['body']) => encodeCallback({ ...CALLBACK, body }),
    decode: decodeCallback,
    whole: (body: Job['body']) => ({ ...CALLBACK, body }),
  },
  {
    what: 'a dead letter',
    encode: (body: Job['body']) => encodeDeadLetter({ job: { ...JOB, body }, death: DEATH }),
    decode: decodeDeadLetter,
    whole: (body: Job['body']) => ({ job: { ...JOB, body }, death: DEATH }),
  },
]

/** Nothing but a refusal in our own words, or a message that makes sense. */
function tryTo(decode: (message: Uint8Array) => unknown, message: Uint8Array): void {
  try {
    decode(message)
  } catch (error) {
    assert.ok(error instanceof FaasError && error.code === 'invalid', String(error))
  }
}

function plain(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (_key, one: unknown) => (one instanceof Uint8Array ? [...one] : one)),
  )
}

for (const { what, encode, decode, whole } of KINDS) {
  describe(`the message of ${what}`, () => {
    it('is read as it was written, whatever its body is', () => {
      for (const body of BODIES) assert.deepEqual(plain(decode(encode(body))), plain(whole(body)))
    })

    it('is refused when it is cut off anywhere in its head, and never read beyond its end', () => {
      const message = encode(BODIES[1])
      const headEnd = message.length - BODIES[1].length
      for (let length = 0; length < headEnd; length += 1)
        assert.throws(() => decode(message.subarray(0, length)), { code: 'invalid' })
      for (let length = headEnd; length < message.length; length += 1)
        tryTo(decode, message.subarray(0, length))
    })

    it('fails in our own words however it is damaged', () => {
      const random = new Random(12)
      for (const body of BODIES) {
        const message = encode(body)
        for (let time = 0; time < 2_000; time += 1) {
          const damaged = Uint8Array.from(message)
          for (let flips = random.below(4); flips >= 0; flips -= 1)
            damaged[random.below(damaged.length)] = random.below(256)
          tryTo(decode, damaged)
          tryTo(decode, damaged.subarray(random.below(damaged.length)))
        }
      }
    })

    it('is found also within a larger array', () => {
      const message = encode(BODIES[1])
      const larger = new Uint8Array(message.length + 20).fill(255)
      larger.set(message, 7)

      assert.deepEqual(plain(decode(larger.subarray(7, 7 + message.length))), plain(whole(BODIES[1])))
    })
  })
}

describe('an envelope', () => {
  it('takes no head that is none', () => {
    for (const json of ['null', '1', '"text"', '{', ''])
      assert.throws(
        () => unseal(Buffer.concat([Buffer.from([1, 0, 0, 0, json.length]), Buffer.from(json)])),
        { code: 'invalid' },
      )
    for (const bytes of [[], [1], [2, 0, 0, 0, 2, 123, 125], [123, 125], [1, 255, 255, 255, 255, 123, 125]])
      assert.throws(() => unseal(Uint8Array.from(bytes)), { code: 'invalid' })
  })

  it('has a body in a file only where that is one of the spool, and is refused otherwise', () => {
    const good = { file: 'x.body', size: 0 }
    assert.deepEqual(unseal(seal({ spooled: good }, null)).body, good)
    const files = ['', '../x.body', '/etc/passwd', 'x', 'x.part', 1, null].map((file) => ({ file, size: 1 }))
    const sizes = [-1, 0.5, '1', null, undefined].map((size) => ({ file: 'x.body', size }))
    for (const spooled of [null, 1, 'x', {}, ...files, ...sizes])
      assert.throws(() => unseal(seal({ spooled }, null)), { code: 'invalid' })
  })
})

describe('a job', () => {
  it('is refused with a field that is missing or of another type', () => {
    for (const field of [
      'id',
      'callId',
      'fn',
      'queue',
      'method',
      'path',
      'startTime',
      'expiresAtMs',
      'rawHeaders',
    ]) {
      for (const value of [undefined, null, {}, ['a'], field === 'expiresAtMs' ? '1' : 1]) {
        const message = seal({ ...JOB, [field]: value, body: undefined }, null)
        assert.throws(() => decodeJob(message), { code: 'invalid' }, `${field}: ${JSON.stringify(value)}`)
      }
    }
    assert.throws(() => decodeJob(seal({ ...JOB, id: '../../etc/passwd' }, null)), { code: 'invalid' })
  })

  it('is a message under its lane and its id, and a row', () => {
    const { subject, data, id } = messageOfJob(JOB)
    assert.deepEqual([subject, id], ['faas.async.faas-request.openfaas-fn.echo', ID])
    assert.deepEqual(plain(decodeJob(data)), plain(JOB))
    const row = rowOf({ ...JOB, notBeforeMs: 9 }, 7)
    assert.deepEqual([row.id, row.sequence, row.nextAtMs, row.hasCallback], [ID, 7, 9, true])
  })
})

describe('the id of a job', () => {
  it('is greater the later it is made, for every millisecond that there is', () => {
    const times = [0, 1, 31, 32, 1_023, 1_024, 1_700_000_000_000, 1_700_000_000_001, 2 ** 48 - 1]
    const ids = times.map((ms) => jobId(ms))
    assert.deepEqual(ids, ids.toSorted())
    assert.ok(ids.every((id) => isJobId(id)))
  })

  it('is another one each time', () => {
    assert.equal(new Set(Array.from({ length: 10_000 }, () => jobId(5))).size, 10_000)
  })

  it('has no other form', () => {
    for (const text of ['', ID.toLowerCase(), `${ID}0`, ID.slice(1), `${ID.slice(1)}I`, `${ID.slice(1)}\n`])
      assert.equal(isJobId(text), false)
  })
})

describe('the subject of a lane', () => {
  const queues = ['faas-request', 'a', '_', '__', 'a__b', '-', `${'q'.repeat(63)}`]
  const names = [
    functionName('echo'),
    functionName('a', 'a'),
    functionName('echo', 'dev'),
    functionName('n'.repeat(63), 'm'.repeat(63)),
  ]
  const lanes = queues.flatMap((queue) => names.map((fn) => ({ queue, fn })))

  it('is read as it was written, and no two lanes share one, or a consumer', () => {
    for (const prefix of [CALLS_PREFIX, DEAD_PREFIX])
      for (const lane of lanes) assert.deepEqual(laneOf(prefix, subjectOf(prefix, lane)), lane)
    assert.equal(new Set(lanes.map((lane) => subjectOf(CALLS_PREFIX, lane))).size, lanes.length)
    assert.equal(new Set(lanes.map((lane) => consumerOf(lane))).size, lanes.length)
    for (const lane of lanes) assert.match(consumerOf(lane), /^[A-Za-z0-9_-]{1,255}$/)
  })

  it('is no lane when it has another form', () => {
    for (const rest of [
      '',
      'q',
      'q.ns',
      'q.ns.fn.more',
      '.ns.fn',
      'q..fn',
      'q.ns.',
      'Q.ns.fn',
      'q.ns.f_n',
      'q.ns.*',
    ])
      assert.equal(laneOf(CALLS_PREFIX, CALLS_PREFIX + rest), null, rest)
    assert.equal(laneOf(CALLS_PREFIX, 'faas.cb.q.ns.fn'), null)
    assert.deepEqual(['q.x', 'Q', '', 'a b', 'a\n', 'q'.repeat(64)].filter(isQueueName), [])
  })
})
