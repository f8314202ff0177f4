import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { exchange, ok, RawClient, RawFunction, rigs } from './call-rig.ts'

const { start, startEmpty } = rigs()

const GET = 'GET /function/hello HTTP/1.1'
const LIMITED = { envVars: { max_inflight: '1' }, annotations: { 'com.openfaas.max-wait': '9s' } }

/** A function that answers when the test says so; `held` has the calls that it has. */
function slow(): { readonly held: Socket[]; answer(): void; readonly onRequest: (socket: Socket) => void } {
  const held: Socket[] = []
  return {
    held,
    answer: () => held.shift()?.write(ok('done'), 'latin1'),
    onRequest: (socket) => held.push(socket),
  }
}

describe('a function whose replicas each take so many calls', () => {
  it('has further calls wait for a place, and lets them in one after the other', async () => {
    const { held, answer, onRequest } = slow()
    const { rig, fn } = await start(onRequest, {}, LIMITED)
    const calls = Array.from({ length: 4 }, () => exchange(rig.port, GET))
    await eventually(() => rig.inFlight === 4 && held.length === 1)
    let most = 0

    for (let done = 1; done <= 4; done += 1) {
      await eventually(() => fn.requests.length === done)
      most = Math.max(most, held.length)
      answer()
    }

    for (const call of await Promise.all(calls)) assert.match(call, /^HTTP\/1\.1 200 [^]*done$/)
    assert.equal(most, 1)
    // Waiting is not working.
    assert.equal(rig.wakeUps, 0)
  })

  it('lets them in when another replica comes', async () => {
    const [one, other] = [slow(), slow()]
    const { rig, fn } = await start(one.onRequest, {}, LIMITED)
    const second = new RawFunction(other.onRequest)
    await second.start()
    const calls = [exchange(rig.port, GET), exchange(rig.port, GET)]
    await eventually(() => rig.inFlight === 2 && one.held.length === 1)

    rig.serve(fn.port, second.port)

    await eventually(() => other.held.length + one.held.length === 2)
    one.answer()
    one.answer()
    other.answer()
    for (const call of await Promise.all(calls)) assert.match(call, /done$/)
    await second.stop()
  })

  it('has them wait for a replica when none is left, and wakes it', async () => {
    const { held, answer, onRequest } = slow()
    const { rig, fn } = await start(onRequest, {}, LIMITED)
    const calls = [exchange(rig.port, GET), exchange(rig.port, GET)]
    await eventually(() => rig.inFlight === 2 && held.length === 1)

    rig.serve()
    await eventually(() => rig.wakeUps === 1)
    answer()
    rig.wake(fn.port)
    await eventually(() => held.length === 1)
    answer()

    for (const call of await Promise.all(calls)) assert.match(call, /done$/)
  })

  it('has none wait longer than it says, and tells which limit it was', async () => {
    const { held, answer, onRequest } = slow()
    const { rig } = await start(
      onRequest,
      {},
      { ...LIMITED, annotations: { 'com.openfaas.max-wait': '40ms' } },
    )
    const first = exchange(rig.port, GET)
    await eventually(() => held.length === 1)

    const second = await exchange(rig.port, GET)
    answer()

    assert.match(second, /^HTTP\/1\.1 429 [^]*\r\nRetry-After: 1\r\n/)
    assert.match(
      second,
      /the gateway waited 40ms \(annotation com\.openfaas\.max-wait\) for a replica of function hello\.openfaas-fn with room for the call: each takes 1 \(max_inflight\)\n$/,
    )
    assert.match(await first, /done$/)
    assert.deepEqual(rig.counts, { 200: 1, 429: 1 })
  })

  it('has no more wait than may', async () => {
    const { held, answer, onRequest } = slow()
    const { rig } = await start(onRequest, { waiting: 1 }, LIMITED)
    const calls = [exchange(rig.port, GET), exchange(rig.port, GET)]
    await eventually(() => rig.inFlight === 2 && held.length === 1)

    const third = await exchange(rig.port, GET)
    for (let done = 0; done < 2; done += 1) {
      await eventually(() => held.length === 1)
      answer()
    }

    assert.match(third, /^HTTP\/1\.1 429 [^]*1 calls wait for [^]*\(SAMPAN_MAX_WAITING_CALLS\)\n$/)
    for (const call of await Promise.all(calls)) assert.match(call, /done$/)
  })

  it('keeps no place for a client that left while it waited', async () => {
    const { held, answer, onRequest } = slow()
    const { rig, fn } = await start(onRequest, {}, LIMITED)
    const first = exchange(rig.port, GET)
    await eventually(() => held.length === 1)
    const leaves = new RawClient(rig.port).send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => rig.inFlight === 2)
    const last = exchange(rig.port, GET)
    await eventually(() => rig.inFlight === 3)

    leaves.socket.destroy()
    await eventually(() => rig.inFlight === 2)
    answer()
    await eventually(() => held.length === 1)
    answer()

    assert.match(await first, /done$/)
    assert.match(await last, /done$/)
    assert.equal(fn.requests.length, 2)
  })

  it('gets every call at once when it does not say that they may wait: its watchdog has the last word', async () => {
    const { held, answer, onRequest } = slow()
    const { rig } = await start(onRequest, {}, { envVars: LIMITED.envVars })
    const calls = [exchange(rig.port, GET), exchange(rig.port, GET)]

    await eventually(() => held.length === 2)
    answer()
    answer()

    for (const call of await Promise.all(calls)) assert.match(call, /done$/)
  })

  it('lets all in that were woken together, each to its place', async () => {
    const { held, answer, onRequest } = slow()
    const fn = new RawFunction(onRequest)
    await fn.start()
    const rig = await startEmpty({}, LIMITED)
    const calls = Array.from({ length: 20 }, () => exchange(rig.port, GET))
    await eventually(() => rig.inFlight === 20)

    rig.wake(fn.port)
    for (let done = 1; done <= 20; done += 1) {
      await eventually(() => fn.requests.length === done)
      assert.equal(held.length, 1)
      answer()
    }

    for (const call of await Promise.all(calls)) assert.match(call, /done$/)
    await fn.stop()
  })
})
