import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { QueueRig } from '../fixtures/queue-rig.ts'

/** A header that takes as much again in JSON. */
const LONG = '"'.repeat(100_000)

describe('an asynchronous call that the server does not take', () => {
  it('a call that is not taken in time, although it is there, is handed over soon after', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    const { js } = rig.link.session ?? assert.fail()
    const publish = js.publish.bind(js)
    js.publish = () => {
      js.publish = publish
      return Promise.reject(new Error('timeout'))
    }

    const callId = await rig.call('echo')
    assert.equal(rig.queue.parts.outbox.size, 1)
    const row = await rig.ended(callId)

    assert.deepEqual([row.state, rig.seen.length], ['succeeded', 1])
    await eventually(() => rig.queue.parts.outbox.size === 0)
  })

  it('a call whose headers are too long is refused at once, also while the server is away', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    const headers = ['X-A', LONG, 'X-B', LONG]

    await assert.rejects(rig.call('echo', { headers, body: Buffer.alloc(250_000) }), { code: 'too-large' })
    await rig.link.stop()
    await assert.rejects(rig.call('echo', { headers, body: Buffer.alloc(250_000) }), { code: 'too-large' })

    assert.equal(rig.queue.parts.outbox.size, 0)
  })
})

describe('an answer with headers beyond measure', () => {
  it('ends its call, and is sent back without them', async () => {
    await using rig = await QueueRig.start()
    const headers = ['Content-Type', 'text/x', 'X-A', LONG, 'X-B', LONG]
    rig.fn('chatty', () => ({ headers, body: Buffer.alloc(200_000) }))

    const callId = await rig.call('chatty', { headers: ['X-Callback-Url', 'http://caller/'] })
    const row = await rig.ended(callId)
    await eventually(() => rig.callbacks.length === 1)

    assert.equal(row.state, 'succeeded')
    assert.deepEqual(rig.callbacks[0]?.rawHeaders, ['Content-Type', 'text/x'])
  })
})
