import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { Invoker } from '../../src/invoke/invoker.ts'
import { callWith } from '../fakes/call-with.ts'
import { eventually } from '../fakes/eventually.ts'
import { OPEN_EDGE } from '../fakes/open-edge.ts'
import { CAPACITY } from '../fixtures/edge.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { ProviderBench } from '../fixtures/provider-bench.ts'
import { type CallRig, exchange, ok, RawClient, type RawFunction, rigs } from './call-rig.ts'

const { start } = rigs()

const NOT_YET =
  'HTTP/1.1 500 Internal Server Error\r\nX-Openfaas-Internal: of-watchdog\r\nContent-Length: 0\r\n\r\n'
const GET = 'GET /function/hello HTTP/1.1'
const POST = 'POST /function/hello HTTP/1.1\r\nContent-Length: 5'

/** A function behind a watchdog that answers in its place where `fails` says so of the number of a call. Comes back when it was suspected. */
async function startFailing(fails: (count: number) => boolean): Promise<{ rig: CallRig; fn: RawFunction }> {
  const { rig, fn } = await start((socket, text, count) => {
    socket.write(fails(count) ? NOT_YET : ok(`got ${text.slice(text.indexOf('\r\n\r\n') + 4)}.`))
  })
  rig.isUnproven = true
  rig.serve(fn.port)
  rig.onSuspect = () => setImmediate(() => rig.wake(fn.port))
  return { rig, fn }
}

describe('a replica of which only the watchdog is known to answer', () => {
  it('is waited for when its watchdog says that its process does not listen', async () => {
    const { rig, fn } = await startFailing((count) => count <= 3)

    const answer = await exchange(rig.port, GET)

    assert.match(answer, /^HTTP\/1\.1 200 [^]*got \.$/)
    assert.equal(fn.requests.length, 4)
    assert.deepEqual(
      rig.suspicions,
      Array.from({ length: 3 }, () => 'unready'),
    )
    assert.deepEqual(rig.counts, { 200: 1 })
  })

  it('gets a body that is at hand once more', async () => {
    const { rig } = await startFailing((count) => count <= 2)

    assert.match(await exchange(rig.port, POST, 'hello'), /^HTTP\/1\.1 200 [^]*got hello\.$/)
  })

  it('is not sent a streamed body twice: the caller is told of the failure', async () => {
    const { rig, fn } = await startFailing((count) => count === 1)
    const client = new RawClient(rig.port)
    client.send('POST /function/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 5\r\n\r\n')
    await eventually(() => fn.requests.length === 1)
    client.send('hello')

    assert.match(await client.rest(), /^HTTP\/1\.1 500 /)
    assert.equal(fn.requests.length, 1)
    assert.deepEqual(rig.suspicions, ['unready'], 'others shall wait')
  })

  it('is believed when it never says anything else', async () => {
    const { rig, fn } = await startFailing(() => true)

    const answer = await exchange(rig.port, GET)

    assert.match(answer, /^HTTP\/1\.1 500 /)
    assert.equal(fn.requests.length, 10)
    assert.deepEqual(rig.counts, { 500: 1 })
  })

  it('is proven by one answer of its process: failures after that are passed on', async () => {
    const { rig } = await startFailing((count) => count > 1)
    await exchange(rig.port, GET)

    assert.match(await exchange(rig.port, GET), /^HTTP\/1\.1 500 /)
    assert.deepEqual(rig.suspicions, [])
  })
})

describe('a replica that closes the connection within a call', () => {
  for (const [how, act] of [
    ['in order', (socket: Socket) => socket.end()],
    ['at once', (socket: Socket) => socket.resetAndDestroy()],
  ] as const) {
    it(`a replica that closes the connection within a call, ${how}: the caller is told, and how it died`, async () => {
      const { rig } = await start(act)
      rig.fate = 'it exited with code 3'

      const answer = await exchange(rig.port, GET)

      assert.match(answer, /^HTTP\/1\.1 502 /)
      assert.match(answer, /: it closed the connection without answering: it exited with code 3\n$/)
      assert.deepEqual(rig.counts, { 502: 1 })
    })
  }

  it('is not asked for its fate when half an answer came', async () => {
    const { rig } = await start((socket) => socket.end('HTTP/1.1 200 OK\r\nA:'))
    rig.fate = 'it exited with code 3'

    assert.match(await exchange(rig.port, GET), /ends too early\n$/)
  })
})

describe('a replica whose process is known to be there', () => {
  it('has the failures of its watchdog passed on', async () => {
    const { rig, fn } = await start(NOT_YET)

    assert.match(await exchange(rig.port, GET), /^HTTP\/1\.1 500 /)
    assert.equal(fn.requests.length, 1)
    assert.deepEqual(rig.suspicions, [])
  })
})

describe('where nobody can look into a container', { skip: await skipWithoutDocker() }, () => {
  let bench: ProviderBench
  let invoker: Invoker
  before(async () => {
    bench = new ProviderBench('unseen')
    bench.provider = bench.another({ procDir: '/nowhere' })
    await bench.provider.start([])
    invoker = new Invoker({
      ports: {
        wantAwake: () => undefined,
        whenReady: (fn, signal) => bench.provider.whenReady(fn, signal),
        suspect: (replica, why) => bench.provider.suspect(replica, why),
        fate: (replica) => bench.provider.fate(replica),
        obstacle: (fn) => bench.provider.condition(fn)?.reason ?? '',
      },
      clock: systemClock,
      log: bench.log,
      limits: { upstreamMs: 10_000, writeMs: 30_000, wakeMs: 20_000, waiting: 100, maxHeaderBytes: 65_536 },
      capacity: CAPACITY,
      edge: OPEN_EDGE,
      product: 'sampan/1.2.3',
    })
  })
  after(async () => {
    await invoker.stop(AbortSignal.abort())
    await bench.end()
  })

  it('calls wait for a process that starts slowly behind a watchdog that does not', async () => {
    const fn = bench.fn('unseen', {
      image: await testImage('upstream-http'),
      envVars: { FN_START_DELAY: '2s' },
    })
    invoker.routes.add(fn)
    bench.provider.watch((event) => {
      if (event.kind === 'ready') invoker.routes.setReady(event.fn, event.ready)
    })
    bench.provider.apply(fn)

    const statuses = await Promise.all(Array.from({ length: 20 }, () => statusOf(invoker, fn.spec.name)))

    assert.deepEqual(new Set(statuses), new Set([200]))
    assert.ok(bench.events.some((event) => event.kind === 'ready' && event.ready[0]?.isUnproven === true))
  })
})

/** The status of one call without a body; 0 when it failed. */
function statusOf(invoker: Invoker, fn: string): Promise<number> {
  return new Promise((resolve) => {
    invoker.invoke(callWith([], { fn, method: 'GET', path: '/id' }), {
      onStart: (status) => resolve(status),
      onInterim: () => undefined,
      onData: () => true,
      onEnd: () => undefined,
      onError: () => resolve(0),
    })
  })
}
