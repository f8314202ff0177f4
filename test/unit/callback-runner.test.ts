import assert from 'node:assert/strict'
import { it } from 'node:test'
import { deferred, systemClock } from '../../src/clock.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import { encodeCallback } from '../../src/queue/job/callback-job.ts'
import {
  CallbackRunner,
  type CallbackRunnerOptions,
  type SentCallback,
} from '../../src/queue/run/callback-runner.ts'
import type { Delivery } from '../../src/queue/run/lanes/dispatcher.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const LANE = { queue: 'faas-request', fn: functionName('echo') }

it('a callback that is delivered again while it is being sent is sent once, and the last delivery is acknowledged', async () => {
  const sending = deferred<SentCallback>()
  const seen: string[] = []
  const runner = new CallbackRunner({
    deliver: () => {
      seen.push('sent')
      return sending.promise
    },
    book: { get: () => undefined, setCallback: () => {}, saved: async () => {} },
    ports: { removed: () => seen.push('removed'), onCallbackEnd: () => {} },
    clock: systemClock,
    log: new RecordingLog(),
  } as unknown as CallbackRunnerOptions)
  const data = encodeCallback({
    ...LANE,
    id: 'A',
    callId: 'a',
    url: 'http://caller/',
    status: 200,
    durationSeconds: 0,
    startTime: '0',
    retries: 0,
    retryMax: 0,
    rawHeaders: [],
    body: null,
    keepsFile: false,
  })
  const delivery = (name: string): Delivery =>
    ({
      lane: { name: LANE },
      data,
      receipt: { facts: { deliveries: 1 }, done: async () => seen.push(`${name} acknowledged`) },
    }) as unknown as Delivery

  const first = runner.handle(delivery('first'))
  await runner.handle(delivery('second'))
  sending.resolve({ kind: 'delivered' })
  await first

  assert.deepEqual(seen, ['sent', 'second acknowledged', 'removed'])
})
