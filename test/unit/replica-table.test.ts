import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError, hasCode } from '../../src/core/errors.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { identityOf } from '../fixtures/deployed.ts'

const hello = functionName('hello')
const failure = (reason: string): FaasError => new FaasError('unavailable', reason)
const NEVER = new AbortController().signal

function table() {
  const told: (readonly string[])[] = []
  const made = new ReplicaTable(
    () => 5,
    (_fn, ready) => told.push(ready.map(({ id }) => id)),
  )
  const add = (id: string) => {
    made.add(id, identityOf(), { isRunning: true, host: '10.0.0.1' })
  }
  return { made, told, add }
}

describe('the replica table', () => {
  it('tells each change of the callable replicas once', () => {
    const { made, told, add } = table()
    add('a')
    add('b')
    made.change('a', { state: 'ready' })
    made.change('a', { state: 'ready' })
    made.change('b', { state: 'ready' })
    made.change('b', { ranOutOfMemory: true })
    made.change('a', { state: 'draining' })
    made.delete('b')
    made.delete('b')

    assert.deepEqual(told, [['a'], ['a', 'b'], ['b'], []])
  })

  it('gives waiters the first replica that is ready, and new ones at once', async () => {
    const { made, add } = table()
    add('a')
    const waits = [1, 2, 3].map(() => made.board.whenReady(hello, NEVER, () => failure('no')))

    made.change('a', { state: 'ready' })

    for (const replica of await Promise.all(waits)) assert.equal(replica.id, 'a')
    assert.equal((await made.board.whenReady(hello, NEVER, () => failure('no'))).id, 'a')
    assert.deepEqual(made.board.waitedFor(), [])
  })

  it('tells a waiter that gives up why, as of then', async () => {
    const { made } = table()
    const leaving = new AbortController()
    let reason = 'at first'
    const wait = made.board.whenReady(hello, leaving.signal, () => failure(reason))

    reason = 'in the end'
    leaving.abort()

    await assert.rejects(
      wait,
      (error: unknown) => hasCode(error, 'unavailable') && /in the end/.test(String(error)),
    )
    await assert.rejects(
      made.board.whenReady(hello, leaving.signal, () => failure('aborted before')),
      /aborted before/,
    )
    assert.deepEqual(made.board.waitedFor(), [])
  })

  it('turns waiters away when there is nothing to wait for', async () => {
    const { made } = table()
    const wait = made.board.whenReady(hello, NEVER, () => failure('no'))

    made.board.rejectWaiters(hello, new FaasError('not-found', 'function hello was removed'))

    await assert.rejects(wait, /was removed/)
  })

  it('remembers for a while what it deleted, so that an old list does not bring it back', () => {
    const { made, add } = table()
    add('a')
    made.delete('a')

    assert.equal(made.wasDeleted('a'), true)
    assert.equal(made.change('a', { state: 'ready' }), undefined)
    assert.deepEqual(made.functions(), [])
  })
})
