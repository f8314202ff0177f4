import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { StreamConfig } from '@nats-io/jetstream'
import { diskReason, USUAL_RESERVE } from '../../src/queue/nats/disk-guard.ts'
import { explainDial, explainEnd, explainJetStream, explainStream } from '../../src/queue/nats/faults.ts'
import { planStream, streamConfig, type StreamSpec } from '../../src/queue/nats/stream-plan.ts'

const JOBS: StreamSpec = {
  name: 'JOBS',
  subjects: ['jobs.>', 'more.>'],
  retention: 'workqueue',
  discard: 'new',
  maxBytes: 1_000,
  maxMsgs: 10,
  maxAgeMs: 0,
  maxMsgSize: 100,
  maxConsumers: 5,
  duplicateWindowMs: 60_000,
}
const DEAD: StreamSpec = { ...JOBS, name: 'DEAD', retention: 'limits', discard: 'old', maxAgeMs: 1_000 }

/** As a server of 2.14 answers it. */
function found(spec: StreamSpec, changes: Record<string, unknown> = {}): StreamConfig {
  const metadata = { '_nats.ver': '2.14.10', '_nats.level': '4' }
  const base = { ...streamConfig(spec), sealed: false, deny_delete: false, metadata, compression: 'none' }
  return { ...base, allow_direct: true, ...changes } as unknown as StreamConfig
}

describe('a stream that exists', () => {
  it('is left alone when it is as it should be, whatever else the server says', () => {
    for (const spec of [JOBS, DEAD]) {
      for (const isOwn of [true, false]) {
        assert.deepEqual(planStream(spec, found(spec), isOwn), { mends: {}, changes: [], faults: [] })
      }
    }
    const turned = found(JOBS, { subjects: ['more.>', 'jobs.>'] })
    assert.deepEqual(planStream(JOBS, turned, false).changes, [])
  })

  it('is mended where an update can', () => {
    const { mends, changes, faults } = planStream(
      JOBS,
      found(JOBS, { max_msgs: 5, max_consumers: -1 }),
      false,
    )

    assert.deepEqual(mends, { max_msgs: 10, max_consumers: 5 })
    assert.deepEqual(changes, ['max_msgs was 5, is 10', 'max_consumers was -1, is 5'])
    assert.deepEqual(faults, [])
  })

  for (const [change, said] of [
    [{ retention: 'limits' }, /retention "limits", which must be "workqueue"/],
    [{ storage: 'memory' }, /storage "memory", which must be "file"/],
    [{ sealed: true }, /sealed true/],
    [{ deny_delete: true }, /deny_delete true/],
    [{ deny_purge: true }, /deny_purge true/],
    [{ allow_msg_ttl: true }, /allow_msg_ttl true, which must be false/],
    [{ allow_msg_schedules: true }, /allow_msg_schedules true/],
    [{ persist_mode: 'async' }, /persist_mode "async"/],
    [{ mirror: { name: 'X' } }, /mirror/],
  ] as const) {
    it(`is reported, and not touched, with ${JSON.stringify(change)}`, () => {
      const { mends, faults } = planStream(JOBS, found(JOBS, { ...change, max_msgs: 5 }), true)

      assert.deepEqual(mends, {})
      assert.equal(faults.length, 1)
      assert.match(faults[0] ?? '', said)
      assert.match(faults[0] ?? '', /^the stream JOBS has .*set it right, or delete the stream/)
    })
  }

  for (const change of [{ discard: 'old' }, { max_age: 1e9 }, { max_msgs_per_subject: 1 }]) {
    it(`throws jobs away with ${JSON.stringify(change)}: mended where the server is ours, else reported`, () => {
      assert.equal(planStream(JOBS, found(JOBS, change), true).changes.length, 1)
      assert.deepEqual(planStream(JOBS, found(JOBS, change), true).faults, [])
      assert.equal(planStream(JOBS, found(JOBS, change), false).faults.length, 1)
    })
  }

  it('a stream of dead letters may throw away, and gets its age back', () => {
    const { mends, faults } = planStream(DEAD, found(DEAD, { max_age: 0 }), false)
    assert.deepEqual([mends, faults], [{ max_age: 1_000_000_000 }, []])
  })
})

it('a work queue that would throw jobs away is not even asked for', () => {
  assert.throws(() => streamConfig({ ...JOBS, discard: 'old' }), /discards new/)
  assert.throws(() => streamConfig({ ...JOBS, maxAgeMs: 1 }), /by age/)
  assert.throws(() => streamConfig({ ...JOBS, maxConsumers: -1 }), /maxConsumers/)
})

describe('sentences about NATS', () => {
  const error = (message: string, fields: object = {}) => Object.assign(new Error(message), fields)

  for (const [thrown, said] of [
    [error("'Authorization Violation'", { name: 'AuthorizationError' }), /refuses the credentials/],
    [
      error('connection refused', { cause: error('connect', { code: 'ECONNREFUSED' }) }),
      /no NATS server listens/,
    ],
    [
      error('x', { cause: error('getaddrinfo ENOTFOUND h', { code: 'ENOTFOUND' }) }),
      /name .* is not known \(ENOTFOUND\)/,
    ],
    [error('self-signed certificate', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }), /not trusted/],
    [error('timeout', { name: 'TimeoutError' }), /does not answer/],
    [error('what'), /cannot be used: what/],
    [undefined, /cannot be used/],
  ] as const) {
    it(`say for ${String(thrown)}: ${said}`, () => assert.match(explainDial(thrown, 'host:4222'), said))
  }

  it('say what JetStream lacks', () => {
    assert.match(
      explainJetStream(error('jetstream is not enabled', { name: 'JetStreamNotEnabled' }), 'h'),
      /has no JetStream/,
    )
    assert.match(explainStream(error('no storage', { code: 10_047 }), 'JOBS'), /max_file_store/)
    assert.match(explainStream(error('offline - unsupported', { code: 10_194 }), 'JOBS'), /newer nats-server/)
    assert.match(explainStream(error('no space left on device', { code: 10_052 }), 'JOBS'), /disk .* full/)
    assert.match(explainStream(error('odd', { code: 10_001 }), 'JOBS'), /cannot be used: odd \(10001\)/)
  })

  it('say why our server ended, and what to do', () => {
    assert.equal(explainEnd('signal SIGKILL', []), 'nats-server ended (signal SIGKILL)')
    assert.match(explainEnd('status 1', ['no space left on device']), /make room$/)
    assert.match(explainEnd('status 1', ['x.conf:12: unknown field "sync_interval"']), /build:nats/)
    assert.ok(explainEnd('status 1', ['x'.repeat(9_000)]).length < 400)
  })

  it('say when the disk has too little room, by the greater reserve', () => {
    const room = (freeBytes: number, totalBytes: number) =>
      diskReason({ freeBytes, totalBytes }, USUAL_RESERVE, '/data')
    assert.equal(room(200e6, 1e9), '')
    assert.match(room(199e6, 1e9), /^the disk of \/data has 199 MB left, and 200 MB are kept .* make room$/)
    assert.match(room(400e6, 10e9), /500 MB are kept/)
  })
})
