import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { Replica } from '../../src/core/provider/replica.ts'
import { CallMetrics } from '../../src/invoke/call-metrics.ts'
import { InFlight } from '../../src/invoke/in-flight.ts'
import { ActiveCalls, type ActiveCall } from '../../src/invoke/active-calls.ts'
import { RouteTable } from '../../src/invoke/route-table.ts'
import { WriteBatch } from '../../src/write-batch.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { deployed } from '../fixtures/deployed.ts'
import { USUAL_POLICY } from '../fixtures/usual-policy.ts'

const fn = functionName('hello')

class ListedCall implements ActiveCall {
  before: ActiveCall | null = null
  after: ActiveCall | null = null
  checks = 0
  aborts = 0
  onCheck: () => void = () => undefined

  check(): void {
    this.checks += 1
    this.onCheck()
  }

  abort(): void {
    this.aborts += 1
  }
}

describe('active calls', () => {
  it('looks at all calls a few times within the shortest limit, and rests without calls', async () => {
    const clock = new FakeClock()
    const activeCalls = new ActiveCalls(clock, [0, 800, 4_000])
    const calls = [new ListedCall(), new ListedCall()]
    for (const call of calls) activeCalls.add(call)

    await clock.advance(800)
    for (const call of calls) activeCalls.delete(call)
    await clock.advance(800)

    for (const { checks } of calls) assert.equal(checks, 8)
    assert.equal(clock.waiting, 0)
  })

  it('bears that calls end while it looks at them, in any order', async () => {
    const clock = new FakeClock()
    const activeCalls = new ActiveCalls(clock, [80])
    const calls = Array.from({ length: 5 }, () => new ListedCall())
    for (const call of calls) {
      activeCalls.add(call)
      call.onCheck = () => activeCalls.delete(call)
    }

    await clock.advance(100)

    for (const { checks } of calls) assert.equal(checks, 1)
    await activeCalls.drain(new AbortController().signal)
  })

  it('drains when the last call ends, and ends calls at the deadline', async () => {
    const activeCalls = new ActiveCalls(new FakeClock(), [])
    const call = new ListedCall()
    const deadline = new AbortController()
    activeCalls.add(call)

    const drained = activeCalls.drain(deadline.signal)
    deadline.abort()
    activeCalls.delete(call)
    await drained

    assert.equal(call.aborts, 1)
  })
})

describe('call ledger', () => {
  it('knows when a replica has no call left', async () => {
    const ledger = new InFlight()
    const calls = ledger.retain('r')
    calls.enter()
    calls.enter()
    let isIdle = false
    const idle = ledger.whenIdle('r', new AbortController().signal).then(() => (isIdle = true))

    calls.leave()
    await Promise.resolve()
    assert.equal(isIdle, false)
    assert.equal(ledger.inFlight('r'), 1)
    calls.leave()
    await idle

    assert.equal(ledger.inFlight('r'), 0)
  })

  it('keeps the count of a replica that leaves and comes back', () => {
    const ledger = new InFlight()
    ledger.retain('r').enter()
    ledger.release('r')

    const again = ledger.retain('r')

    assert.equal(again.inFlight, 1)
  })

  it('stops waiting when told', async () => {
    const ledger = new InFlight()
    ledger.retain('r').enter()
    const giveUp = new AbortController()
    const idle = ledger.whenIdle('r', giveUp.signal)

    giveUp.abort()

    await idle
    await ledger.whenIdle('nobody', new AbortController().signal)
  })
})

describe('route table', () => {
  const replica = (id: string, port = 1): Replica => ({
    id,
    fn,
    revision: 1,
    state: 'ready',
    host: '127.0.0.1',
    port,
    sinceMs: 0,
  })
  const table = (): RouteTable =>
    new RouteTable(
      {
        ledger: new InFlight(),
        clock: new FakeClock(),
        writes: new WriteBatch(),
        connections: new Map(),
        idle: { count: 0, most: 10 },
        onFault: (error) => assert.fail(String(error)),
        maxHeaderBytes: 65_536,
      },
      USUAL_POLICY,
    )

  it('finds a function by its full name, and by its short one in the default namespace', () => {
    const routes = table()
    const route = routes.add(deployed())
    routes.add(deployed({ spec: { name: functionName('hello', 'other') } }))

    assert.equal(routes.find('hello'), route)
    assert.equal(routes.find('hello.openfaas-fn'), route)
    assert.notEqual(routes.find('hello.other'), route)
    for (const text of ['', 'Hello', '__proto__', 'constructor', 'hello.'])
      assert.equal(routes.find(text), undefined)
  })

  it('forgets a function with its counts when it is removed', () => {
    const routes = table()
    routes.add(deployed()).metrics.begin()

    routes.remove(fn)

    assert.equal(routes.find('hello'), undefined)
    assert.equal(routes.metricsOf(fn), undefined)
    assert.equal(routes.add(deployed()).metrics.started, 0)
  })

  it('keeps the connections of replicas that stay, and spreads calls over all', () => {
    const routes = table()
    const route = routes.add(deployed())
    routes.setReady(fn, [replica('a'), replica('b')])
    const before = new Set([route.pick(), route.pick()])

    routes.setReady(fn, [replica('a'), replica('b'), replica('c')])
    const after = new Set([route.pick(), route.pick(), route.pick()])

    assert.equal(before.size, 2)
    assert.equal(after.size, 3)
    for (const target of before) assert.ok(after.has(target))
  })

  it('prefers the least busy replica', () => {
    const routes = table()
    const route = routes.add(deployed())
    routes.setReady(fn, [replica('a'), replica('b')])
    const busy = route.pick()
    busy?.enter()

    assert.notEqual(route.pick(), busy)
    assert.notEqual(route.pick(), busy)
    busy?.leave()
  })
})

describe('counts of a function', () => {
  it('tells few statuses of a function apart, and counts every call all the same', () => {
    const metrics = new CallMetrics(fn)
    for (let round = 0; round < 2; round += 1) {
      for (let code = 200; code < 1_000; code += 1) {
        metrics.begin()
        metrics.end(code, 1)
      }
    }

    const series = [...metrics.series]
    assert.ok(series.length <= 40, `${series.length} statuses`)
    assert.equal(metrics.ended, 1_600)
    assert.equal(metrics.inFlight, 0)
    assert.equal(series.find(({ code }) => code === 204)?.count, 2)
    assert.equal(series.find(({ code }) => code === 900)?.count, 200)
  })

  it('counts of a function fall into the buckets of OpenFaaS', () => {
    const metrics = new CallMetrics(fn)
    for (const ms of [5, 6, 10_000, 10_001]) {
      metrics.begin()
      metrics.end(200, ms)
    }

    const [series] = metrics.series
    assert.deepEqual(Array.from(series?.buckets ?? []).slice(0, 4), [1, 1, 0, 0])
    assert.deepEqual(Array.from(series?.buckets ?? []).slice(-2), [1, 1])
    assert.equal(series?.count, 4)
    assert.equal(metrics.ended, 4)
  })
})
