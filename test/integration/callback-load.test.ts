import assert from 'node:assert/strict'
import type { ServerResponse } from 'node:http'
import { describe, it } from 'node:test'
import { deferred } from '../../src/clock.ts'
import { eventually } from '../fakes/eventually.ts'
import { callbackTo, deliver, failureOf, openSender, peer, receive } from '../fixtures/callback-rig.ts'

describe('many callbacks', () => {
  it('all arrive once, over few connections, and leave none behind', async () => {
    const receivers = await Promise.all(
      Array.from({ length: 4 }, () => receive((response) => response.end('thanks'))),
    )
    const sender = openSender()
    let most = 0

    const outcomes = await Promise.all(
      Array.from({ length: 1_000 }, async (_, at) => {
        const receiver = receivers[at % receivers.length]
        const outcome = await deliver(
          sender,
          callbackTo(receiver?.url(`/${at}`, `host-${at % 12}.test`) ?? ''),
        )
        most = Math.max(most, sender.openConnections)
        return outcome
      }),
    )

    const paths = new Set(receivers.flatMap(({ received }) => received.map(({ url }) => url)))
    assert.deepEqual(
      outcomes.filter(({ kind }) => kind === 'failed'),
      [],
    )
    assert.equal(paths.size, 1_000)
    assert.equal(
      receivers.reduce((sum, { received }) => sum + received.length, 0),
      1_000,
    )
    // 50 attempts, and 8 idle ones.
    assert.ok(most <= 58, `${most} connections`)
    await eventually(
      () => sender.openConnections === 0 && receivers.every(({ sockets }) => sockets.size === 0),
    )
  })

  it('many callbacks to a host that answers nobody do not hold up those to others', async () => {
    const silent = await peer((socket) => socket.resume())
    const receiver = await receive()
    const sender = openSender()
    const ending = new AbortController()

    const stuck = Array.from({ length: 100 }, () => sender.deliver(callbackTo(silent.url()), ending.signal))
    const outcome = await deliver(sender, callbackTo(receiver.url('/', 'other.test')))

    assert.equal(outcome.kind, 'delivered')
    await eventually(() => silent.connections === 8)
    ending.abort()
    assert.ok((await Promise.all(stuck)).every(({ kind }) => kind === 'failed'))
    assert.equal(silent.connections, 8)
  })

  it('are at most so many at a time, also when many names lead to one host', async () => {
    const waiting: ServerResponse[] = []
    const receiver = await receive((response) => void waiting.push(response))
    const sender = openSender({ limits: { most: 3, mostPerHost: 2 } })

    const attempts = Array.from({ length: 9 }, (_, at) =>
      deliver(sender, callbackTo(receiver.url('/', `host-${at}.test`))),
    )
    let done = 0
    while (done < 9) {
      await eventually(() => waiting.length === Math.min(3, 9 - done))
      waiting.shift()?.end()
      done += 1
    }

    assert.ok((await Promise.all(attempts)).every(({ kind }) => kind === 'delivered'))
  })
})

describe('an attempt that is ended', () => {
  it('an attempt that is ended by its signal has failed for now, and its connection is cut', async () => {
    const silent = await peer((socket) => socket.resume())
    const sender = openSender()
    const ending = new AbortController()

    const attempt = sender.deliver(callbackTo(silent.url()), ending.signal)
    await eventually(() => silent.connections === 1)
    ending.abort()

    const { reason, isFinal } = failureOf(await attempt)
    assert.deepEqual([reason, isFinal], ['the delivery was stopped before an answer came', false])
    await eventually(() => silent.sockets.size === 0 && sender.openConnections === 0)
  })

  it('an attempt that is ended while it waits for a connection, where redirects of many hosts meet, ends at once', async () => {
    const silent = await peer((socket) => socket.resume())
    const receiver = await receive((response) => response.writeHead(307, { location: silent.url() }).end())
    const sender = openSender()

    const attempts = Array.from({ length: 12 }, (_, at) => {
      const ending = new AbortController()
      const url = receiver.url('/', `host-${at}.test`)
      return { ending, outcome: sender.deliver(callbackTo(url), ending.signal) }
    })
    await eventually(() => receiver.received.length === 12 && silent.connections === 8)

    // The last ones wait, and none of the first makes room for them.
    for (const { ending, outcome } of attempts.toReversed()) {
      ending.abort()
      assert.match(failureOf(await outcome).reason, /stopped/)
    }
    await eventually(() => silent.sockets.size === 0 && sender.openConnections === 0)
  })

  it('an attempt that is ended before it began connects to nobody', async () => {
    const receiver = await receive()

    const outcome = await openSender().deliver(callbackTo(receiver.url()), AbortSignal.abort())

    assert.match(failureOf(outcome).reason, /stopped/)
    assert.equal(receiver.connections, 0)
  })

  it('an attempt that is ended while its name is resolved connects to nobody', async () => {
    const receiver = await receive()
    const asked = deferred<void>()
    const answer = deferred<readonly { address: string; family: number }[]>()
    const sender = openSender({
      resolve: () => {
        asked.resolve()
        return answer.promise
      },
    })
    const ending = new AbortController()

    const attempt = sender.deliver(callbackTo(receiver.url('/', 'hook.test')), ending.signal)
    await asked.promise
    ending.abort()
    assert.match(failureOf(await attempt).reason, /stopped/)
    answer.resolve([{ address: '127.0.0.1', family: 4 }])

    await eventually(() => sender.openConnections === 0)
    assert.equal(receiver.connections, 0)
  })

  it('an attempt that is ended by the end of the sender has failed for now, and so has every later one', async () => {
    const silent = await peer((socket) => socket.resume())
    const sender = openSender()

    const attempts = Array.from({ length: 20 }, () => deliver(sender, callbackTo(silent.url())))
    await eventually(() => silent.connections === 8)
    await Promise.all([sender.stop(), sender.stop()])

    for (const outcome of [...(await Promise.all(attempts)), await deliver(sender, callbackTo(silent.url()))])
      assert.deepEqual([failureOf(outcome).isFinal, /stopped/.test(failureOf(outcome).reason)], [false, true])
    await eventually(() => silent.sockets.size === 0)
    assert.equal(sender.openConnections, 0)
  })
})
