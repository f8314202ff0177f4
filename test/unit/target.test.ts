import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { Connection } from '../../src/invoke/http1/connection.ts'
import { InFlight } from '../../src/invoke/in-flight.ts'
import { freshnessFor } from '../../src/invoke/may-repeat.ts'
import { Target, type Freshness } from '../../src/invoke/target.ts'
import { WriteBatch } from '../../src/write-batch.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

let server: Server
let clock: FakeClock
let target: Target
let taken: Connection[]

beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => undefined))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  clock = new FakeClock()
  taken = []
  const shared = {
    ledger: new InFlight(),
    clock,
    writes: new WriteBatch(),
    maxHeaderBytes: 65_536,
    idle: { count: 0, most: 10 },
    connections: new Map(),
    onFault: (error: unknown) => assert.fail(String(error)),
  }
  const fn = functionName('hello')
  target = new Target(
    { id: 'r', fn, revision: 1, state: 'ready', host: '127.0.0.1', port, sinceMs: 0 },
    shared,
  )
})

afterEach(() => {
  target.retire()
  for (const connection of taken) connection.destroy()
  server.close()
})

function acquire(freshness: Freshness): Connection {
  const connection = target.acquire(freshness)
  taken.push(connection)
  return connection
}

describe('the kept connections of a replica', () => {
  it('serve a call that must not be sent twice for less than a second', async () => {
    const first = acquire('any')
    target.giveBack(first, Infinity)

    await clock.advance(999)
    assert.equal(acquire('recent'), first)
    target.giveBack(first, Infinity)
    await clock.advance(1_000)
    const second = acquire('recent')

    assert.notEqual(second, first)
  })

  it('stay for calls that may be sent again when they are too old for others', async () => {
    const first = acquire('any')
    target.giveBack(first, Infinity)
    await clock.advance(2_000)

    acquire('recent')

    assert.equal(acquire('any'), first)
  })

  it('rest no longer than the function says that it keeps them', async () => {
    const first = acquire('any')
    target.giveBack(first, 2_000)
    await clock.advance(1_000)

    assert.notEqual(acquire('any'), first)
  })

  it('are young for a POST, and for whatever has a body', () => {
    const call = (method: string, body: Uint8Array | null): Freshness =>
      freshnessFor({ method, body } as Parameters<typeof freshnessFor>[0])

    assert.equal(call('GET', null), 'any')
    assert.equal(call('DELETE', null), 'any')
    assert.equal(call('POST', null), 'recent')
    assert.equal(call('PATCH', null), 'recent')
    assert.equal(call('PUT', Buffer.from('a')), 'recent')
  })
})
