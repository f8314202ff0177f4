import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { QueuedCall } from '../../src/core/calls/queued-call.ts'
import type { QueueSession } from '../../src/queue/session.ts'
import { Strays, type StraysOptions } from '../../src/queue/strays.ts'

/** A spool, a book and a stream, as far as strays are concerned. */
function rig({ known = [] as string[], isCompared = true } = {}) {
  const removed: string[] = []
  const state = { messages: 0, first_seq: 1, last_seq: 0 }
  const options = {
    book: { get: (id: string) => (known.includes(id) ? ({} as QueuedCall) : undefined) },
    spool: { remove: async (file: string) => void removed.push(file) },
    deadLetters: { reconcile: async () => isCompared },
  } as unknown as StraysOptions
  const session = { jsm: { streams: { info: async () => ({ state }) } } } as unknown as QueueSession
  return { strays: new Strays(options), session, state, removed, known }
}

describe('bodies that a killed process left', () => {
  it('are removed when the book knows no call and the stream has none from before', async () => {
    const { strays, session, removed } = rig({ known: ['B'] })
    strays.note(['A.body', 'B.body', 'A.answer', 'C.body', 'C.outbox'])

    await strays.look(session)
    // What was on its way may be there only now.
    assert.deepEqual(removed, [])
    await strays.look(session)

    assert.deepEqual([removed, strays.size], [['A.body'], 0])
  })

  it('stay while the stream has a message from before: it may be theirs', async () => {
    const { strays, session, state, removed, known } = rig()
    strays.note(['A.body', 'B.body'])
    Object.assign(state, { messages: 2, first_seq: 7, last_seq: 8 })
    await strays.look(session)
    Object.assign(state, { messages: 2, first_seq: 8, last_seq: 9 })
    await strays.look(session)
    assert.deepEqual(removed, [])

    // Its message was delivered: there is a row now.
    known.push('B')
    Object.assign(state, { messages: 1, first_seq: 9, last_seq: 9 })
    await strays.look(session)

    assert.deepEqual([removed, strays.size], [['A.body'], 0])
  })

  it('stay while the dead letters are not compared: one of them may have it', async () => {
    const { strays, session, removed } = rig({ isCompared: false })
    strays.note(['A.body'])

    await strays.look(session)
    await strays.look(session)

    assert.deepEqual([removed, strays.size], [[], 1])
  })

  it('stay when they came late: the stream is looked at anew', async () => {
    const { strays, session, state, removed } = rig()
    strays.note(['A.body'])
    await strays.look(session)
    strays.add('B.body')
    Object.assign(state, { messages: 1, first_seq: 5, last_seq: 5 })

    await strays.look(session)
    await strays.look(session)
    assert.deepEqual(removed, [])
    Object.assign(state, { messages: 0, first_seq: 6, last_seq: 5 })
    await strays.look(session)

    assert.deepEqual([removed, strays.has('B.body')], [['A.body', 'B.body'], false])
  })
})
