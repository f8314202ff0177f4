import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError } from '../../src/core/errors.ts'
import { eventually } from '../fakes/eventually.ts'
import { answerAfter, exchange, hello, ok, RawClient, RawFunction, rigs } from './call-rig.ts'

const { start, startEmpty } = rigs()

const GET = 'GET /function/hello HTTP/1.1'

describe('a function without a ready replica', () => {
  it('8: a function without a ready replica is woken once for many calls, which all get their answers', async () => {
    const { rig, fn } = await start(ok('awake'))
    rig.serve()

    const answers = Array.from({ length: 20 }, () => exchange(rig.port, GET))
    await eventually(() => rig.inFlight === 20)
    rig.wake(fn.port)

    for (const answer of await Promise.all(answers)) assert.match(answer, /awake$/)
    assert.equal(rig.wakeUps, 1)
  })

  it('8, 18.3.6: a function without a ready replica fails its calls with 503, the reason and a time to come back, when none comes in time', async () => {
    const rig = await startEmpty({ wakeMs: 60 })

    const answer = await exchange(rig.port, GET)

    assert.match(answer, /^HTTP\/1\.1 503 [^]*X-OpenFaaS-Internal: proxy\r\n[^]*Retry-After: 1\r\n/)
    assert.match(answer, /image not found; the gateway waited 60ms for it \(SAMPAN_WAKE_TIMEOUT\)\n$/)
    assert.deepEqual(rig.counts, { 503: 1 })
  })

  it('lets a call that came late in a wait have its own time', async () => {
    const { rig, fn } = await start(ok('awake'), { wakeMs: 1_500 })
    rig.serve()
    const early = exchange(rig.port, GET)
    await eventually(() => rig.waiting === 1)
    await new Promise((resolve) => setTimeout(resolve, 900))

    const late = exchange(rig.port, GET)
    assert.match(await early, /^HTTP\/1\.1 503 /)
    rig.wake(fn.port)

    assert.match(await late, /awake$/)
    assert.equal(rig.wakeUps, 2)
  })

  it('a function without a ready replica does not count the wait as duration', async () => {
    const { rig, fn } = await start(ok('awake'))
    rig.serve()
    const answer = exchange(rig.port, GET)
    await eventually(() => rig.waiting === 1)
    const beganMs = performance.now()
    await new Promise((resolve) => setTimeout(resolve, 1_000))
    const waitedMs = performance.now() - beganMs

    rig.wake(fn.port)
    await answer
    const restMs = performance.now() - beganMs - waitedMs

    const metrics = rig.invoker.routes.metricsOf(hello)
    const [series] = metrics?.series ?? []
    assert.ok(series !== undefined && series.seconds * 1_000 <= restMs, `${series?.seconds}`)
    assert.ok(Number(metrics?.waits?.seconds) * 1_000 >= waitedMs, `${metrics?.waits?.seconds}`)
  })

  it('leaves the body unread until a replica is there, then passes it whole', async () => {
    const { rig, fn } = await start((socket) => {
      socket.removeAllListeners('data')
      socket.resume()
    })
    rig.serve()
    const client = new RawClient(rig.port)
    client.send('POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n')
    client.socket.write(Buffer.alloc(30_000_000))
    await eventually(() => rig.waiting === 1)
    const sentWhileWaiting = client.socket.bytesWritten - client.socket.writableLength

    rig.wake(fn.port)

    await eventually(() => fn.sockets.reduce((sum, socket) => sum + socket.bytesRead, 0) > 30_000_000)
    assert.ok(sentWhileWaiting < 20_000_000, `${sentWhileWaiting}`)
  })

  it('7.4: a function without a ready replica tells the client to send its body only when a replica is there', async () => {
    const { rig, fn } = await start(answerAfter('ab', ok('got it')))
    rig.serve()
    const client = new RawClient(rig.port).send(
      'POST /function/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n',
    )
    await eventually(() => rig.waiting === 1)
    const before = client.text

    rig.wake(fn.port)
    await eventually(() => client.text === 'HTTP/1.1 100 Continue\r\n\r\n')
    client.send('ab')

    assert.equal(before, '')
    assert.match(await client.rest(), /HTTP\/1\.1 200 OK[^]*got it$/)
    assert.doesNotMatch(fn.requests.join(''), /expect/i)
  })

  it('tells a client that would fail anyway to keep its body', async () => {
    const rig = await startEmpty({ wakeMs: 40 })

    const answer = await exchange(
      rig.port,
      'POST /function/hello HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2',
    )

    assert.match(answer, /^HTTP\/1\.1 503 /)
  })

  it('8: a function without a ready replica has room for a hundred calls, and 503 with a time to come back for more', async () => {
    const rig = await startEmpty()
    const clients = Array.from({ length: 100 }, () => new RawClient(rig.port))
    for (const client of clients) client.send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => rig.inFlight === 100)

    const answer = await exchange(rig.port, GET)
    const { fn } = { fn: new RawFunction((socket) => socket.write(ok('awake'))) }
    rig.wake(await fn.start())
    await eventually(() => rig.counts[200] === 100)
    await fn.stop()
    clients.forEach((client) => client.socket.destroy())

    assert.match(answer, /^HTTP\/1\.1 503 [^]*\r\nRetry-After: 1\r\n/)
    assert.match(answer, /is not ready: 100 calls wait for it already \(SAMPAN_MAX_WAITING_CALLS\)\n$/)
    assert.equal(rig.wakeUps, 1)
  })

  it('a function without a ready replica has room for a thousand calls where the setting says so, and 429 for more', async () => {
    const rig = await startEmpty({ waiting: 1_000 })
    const clients = Array.from({ length: 1_000 }, () => new RawClient(rig.port))
    for (const client of clients) client.send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => rig.inFlight === 1_000)

    const answer = await exchange(rig.port, GET)
    const { fn } = { fn: new RawFunction((socket) => socket.write(ok('awake'))) }
    rig.wake(await fn.start())
    await eventually(() => rig.counts[200] === 1_000)
    await fn.stop()
    clients.forEach((client) => client.socket.destroy())

    assert.match(answer, /^HTTP\/1\.1 429 [^]*Retry-After: 1\r\n/)
  })

  it('is told by what keeps it from working when it is worth to come back', async () => {
    const rig = await startEmpty()
    rig.vain = new FaasError('unavailable', 'it died, and is made anew in a while', { retryAfterS: 17 })

    const answer = await exchange(rig.port, GET)

    assert.match(answer, /^HTTP\/1\.1 503 [^]*\r\nRetry-After: 17\r\n/)
    assert.equal(answer.match(/retry-after/gi)?.length, 1)
  })

  it('fails its calls with 404 when it is removed meanwhile', async () => {
    const rig = await startEmpty()
    const answer = exchange(rig.port, GET)
    await eventually(() => rig.waiting === 1)

    rig.invoker.remove(hello)

    assert.match(await answer, /^HTTP\/1\.1 404 /)
  })

  it('fails a call with 404 that is refused by its last replica just as it is removed', async () => {
    const { rig, fn } = await start(ok('never'))
    await fn.stop()
    rig.onSuspect = () => rig.invoker.remove(hello)

    assert.match(await exchange(rig.port, GET), /^HTTP\/1\.1 404 /)
    assert.equal(rig.wakeUps, 0)
  })
})
