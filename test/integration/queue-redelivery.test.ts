import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jetstream } from '@nats-io/jetstream'
import { eventually } from '../fakes/eventually.ts'
import { QueueRig } from '../fixtures/queue-rig.ts'

const ONCE = { 'com.openfaas.retry.attempts': '1' }
const LARGE = Buffer.alloc(400_000, 7)

/** Loses the first acknowledgement of a message of a stream on its way. */
function loseAcknowledgement(rig: QueueRig, stream: string): { readonly isLost: () => boolean } {
  const { nc } = rig.link.session ?? assert.fail()
  const request = nc.request.bind(nc)
  let isLost = false
  nc.request = (subject, ...rest) => {
    if (isLost || !subject.startsWith(`$JS.ACK.${stream}.`)) return request(subject, ...rest)
    isLost = true
    return Promise.reject(new Error('timeout'))
  }
  return { isLost: () => isLost }
}

async function messagesIn(rig: QueueRig, stream: string): Promise<number | undefined> {
  return (await rig.link.session?.jsm.streams.info(stream))?.state.messages
}

describe('what the server delivers again although it is over', () => {
  it('is no second callback', async () => {
    await using rig = await QueueRig.start({ limits: { ackWaitMs: 600 } })
    rig.fn('echo', () => ({ body: LARGE }))
    const { isLost } = loseAcknowledgement(rig, 'FAAS_CALLBACK')

    await rig.call('echo', { headers: ['X-Callback-Url', 'http://caller/'] })
    await eventually(isLost)
    await eventually(async () => (await messagesIn(rig, 'FAAS_CALLBACK')) === 0, 20_000)

    assert.equal(rig.callbacks.length, 1)
    assert.equal(rig.queue.parts.spool.usedBytes, 0)
  })

  it('is no second call', async () => {
    await using rig = await QueueRig.start({ limits: { ackWaitMs: 600 } })
    rig.fn('echo', () => ({}))
    const { isLost } = loseAcknowledgement(rig, 'FAAS_ASYNC')

    await rig.call('echo', { body: LARGE })
    await eventually(isLost)
    await eventually(async () => (await messagesIn(rig, 'FAAS_ASYNC')) === 0, 20_000)

    assert.equal(rig.seen.length, 1)
  })

  it('is no second call of another program', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    const { isLost } = loseAcknowledgement(rig, 'FAAS_INGEST')
    const { nc, jsm } = rig.link.session ?? assert.fail()
    await jetstream(nc).publish('faas-request', '{"Function":"echo"}')
    await eventually(isLost)
    await eventually(() => rig.seen.length === 1)

    // Delivers at once what it knows nothing of.
    await jsm.consumers.delete('FAAS_INGEST', 'sampan-ingest')
    await rig.restart({ isKilled: false })
    await eventually(async () => (await messagesIn(rig, 'FAAS_INGEST')) === 0)

    await rig.ended(await rig.call('echo'))
    assert.equal(rig.seen.length, 2)
  })
})

describe('dead letters', () => {
  it('dead letters whose daemon is killed before their callback is stored have it sent all the same', async () => {
    await using rig = await QueueRig.start({ limits: { ackWaitMs: 700 } })
    rig.fn('broken', () => ({ status: 500 }), { annotations: ONCE })
    const { js } = rig.link.session ?? assert.fail()
    const publish = js.publish.bind(js)
    let isBroken = true
    let isTried = false
    js.publish = (subject, ...rest) => {
      if (!isBroken || !subject.startsWith('faas.cb.')) return publish(subject, ...rest)
      isTried = true
      return Promise.reject(new Error('timeout'))
    }

    const callId = await rig.call('broken', { headers: ['X-Callback-Url', 'http://caller/'] })
    await eventually(() => isTried)
    // As the next daemon does at its start, before the call is delivered again.
    await rig.queue.parts.deadLetters.reconcile(rig.link.session ?? assert.fail())
    assert.equal(rig.row(callId).finishedAtMs, 0)
    await rig.restart()
    isBroken = false

    await eventually(() => rig.callbacks.length === 1)
    assert.equal((await rig.ended(callId)).state, 'dead')
  })

  it('dead letters that the stream dropped are forgotten, with their bodies', async () => {
    await using rig = await QueueRig.start()
    rig.fn('broken', () => ({ status: 500 }), { annotations: ONCE })
    const ids = [await rig.call('broken', { body: LARGE }), await rig.call('broken', { body: LARGE })]
    const rows = await Promise.all(ids.map((id) => rig.ended(id)))
    const session = rig.link.session ?? assert.fail()
    await session.jsm.streams.purge('FAAS_DLQ', { keep: 1 })

    await rig.queue.parts.deadLetters.reconcile(session)

    const left = rig.book.list({ isDead: true, limit: 10 })
    assert.deepEqual(
      left.map(({ sequence }) => sequence),
      [Math.max(...rows.map(({ sequence }) => sequence))],
    )
    assert.equal(rig.queue.parts.spool.usedBytes, LARGE.length)
    await session.jsm.streams.purge('FAAS_DLQ')
    await assert.rejects(rig.queue.parts.deadLetters.get(left[0]?.id ?? ''), { code: 'not-found' })
    assert.equal(rig.queue.parts.spool.usedBytes, 0)
  })

  it('are known again one by one when the book is lost, whatever else lies among them', async () => {
    await using rig = await QueueRig.start()
    rig.fn('broken', () => ({ status: 500 }), { annotations: ONCE })
    const { id } = await rig.ended(await rig.call('broken'))
    const { js } = rig.link.session ?? assert.fail()
    await js.publish('faas.dlq.x.y.z', 'no letter')
    const { id: last } = await rig.ended(await rig.call('broken'))

    await rig.restart({ isBookLost: true })

    await eventually(() => rig.book.get(id)?.state === 'dead' && rig.book.get(last)?.state === 'dead')
  })

  it('are made again once, however many want that at a time', async () => {
    await using rig = await QueueRig.start()
    let isMended = false
    rig.fn('broken', () => ({ status: isMended ? 200 : 500 }), { annotations: ONCE })
    const { id } = await rig.ended(await rig.call('broken'))
    isMended = true
    const letters = rig.queue.parts.deadLetters

    const outcomes = await Promise.allSettled([1, 2, 3].map(() => letters.replay(id)))
    await rig.ended(await rig.call('broken'))

    assert.deepEqual(outcomes.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected', 'rejected'])
    assert.equal(rig.seen.length, 3)
  })
})
