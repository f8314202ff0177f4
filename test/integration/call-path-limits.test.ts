import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { answerAfter, exchange, ok, RawClient, rigs } from './call-rig.ts'

const { start, startEmpty } = rigs()

const GET = 'GET /function/hello HTTP/1.1'

describe('limits of time', () => {
  it('7.6: limits of time end in 504 when the function does not begin to answer', async () => {
    const { port, rig, fn } = await start(() => undefined, { upstreamMs: 80 })

    const answer = await exchange(port, GET)

    assert.match(
      answer,
      /^HTTP\/1\.1 504 [^]*X-OpenFaaS-Internal: proxy\r\n[^]*the gateway waited 80ms for function hello\.openfaas-fn to begin its answer \(SAMPAN_UPSTREAM_TIMEOUT\)\n$/,
    )
    assert.deepEqual(rig.counts, { 504: 1 })
    await eventually(() => fn.sockets[0]?.readableEnded === true || fn.sockets[0]?.destroyed === true)
  })

  it('limits of time end in 504 when the head never comes to an end', async () => {
    const { port } = await start((socket) => socket.write('HTTP/1.1 200 OK\r\nX-A: 1\r\n'), {
      upstreamMs: 80,
    })

    assert.match(await exchange(port, GET), /^HTTP\/1\.1 504 /)
  })

  it('7.6: limits of time end in 504 when nothing was sent within the time for the whole answer', async () => {
    const { port } = await start(() => undefined, { upstreamMs: 0, writeMs: 80 })

    assert.match(
      await exchange(port, GET),
      /^HTTP\/1\.1 504 [^]*waited 80ms for function \S+ to complete its answer \(SAMPAN_WRITE_TIMEOUT\)\n$/,
    )
  })

  it('limits of time cut no upload that moves, however long it takes, and then give the answer its whole time', async () => {
    const { port } = await start(answerAfter('0123456789', ok('all of it')), {
      upstreamMs: 1_000,
      writeMs: 1_000,
    })
    const client = new RawClient(port)
    client.send('POST /function/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 10\r\n\r\n')

    for (const digit of '0123456789') {
      await new Promise((resolve) => setTimeout(resolve, 150))
      client.send(digit)
    }

    assert.match(await client.rest(), /^HTTP\/1\.1 200 OK[^]*all of it$/)
  })

  it('limits of time say that the function took no more of the body, when that is so', async () => {
    const { port } = await start((socket) => socket.pause(), { upstreamMs: 150 })
    const client = new RawClient(port)
    const bytes = 32 << 20
    client.send(
      `POST /function/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: ${bytes}\r\n\r\n`,
    )
    client.socket.write(Buffer.alloc(bytes))

    assert.match(
      await client.rest(),
      /^HTTP\/1\.1 504 [^]*to take more of the request body \(SAMPAN_UPSTREAM_TIMEOUT\)\n$/,
    )
  })

  it('limits of time name the reason and the setting when no replica gets ready in time', async () => {
    const { port } = await startEmpty({ wakeMs: 80 })

    const answer = await exchange(port, GET)

    assert.match(answer, /^HTTP\/1\.1 503 /)
    assert.match(answer, /image not found; the gateway waited 80ms for it \(SAMPAN_WAKE_TIMEOUT\)\n$/)
  })

  it('limits of time name the reason also when the time for the whole answer ends the wait', async () => {
    const { port } = await startEmpty({ wakeMs: 5_000, writeMs: 80 })

    const answer = await exchange(port, GET)

    assert.match(
      answer,
      /function hello\.openfaas-fn is not ready: its image is not here; the gateway waited 80ms/,
    )
    assert.match(answer, /\(SAMPAN_WRITE_TIMEOUT\)\n$/)
  })

  it('7.6: limits of time cut an answer that takes longer as a whole, and log why', async () => {
    const { port, rig } = await start(
      (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n'),
      { upstreamMs: 40, writeMs: 80 },
    )

    const answer = await exchange(port, GET)

    assert.match(answer, /^HTTP\/1\.1 200 OK[^]*\r\n2\r\nhi\r\n$/)
    assert.match(String(rig.log.named('answer broken off')[0]?.fields['reason']), /\(SAMPAN_WRITE_TIMEOUT\)$/)
    assert.deepEqual(rig.counts, { 200: 1 })
  })

  it('limits of time do not run for the function while the client is slow with its body', async () => {
    const { port } = await start(answerAfter('ab', ok('hi')), {
      upstreamMs: 500,
    })
    const client = new RawClient(port)
    client.send('POST /function/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 2\r\n\r\n')

    await new Promise((resolve) => setTimeout(resolve, 700))
    client.send('ab')

    assert.match(await client.rest(), /^HTTP\/1\.1 200 OK/)
  })
})

/** How long a client that has closed its sending side is believed to wait for an answer. */
const MERCY = { edge: { halfClosedMs: 40 } }

describe('a client that closes its sending side', () => {
  it('gets the answer to what it asked before', async () => {
    const { port, fn, rig } = await start(() => undefined)
    const client = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    client.socket.end()
    await eventually(() => fn.requests.length === 1)

    fn.sockets[0]?.write(ok('for you'))

    assert.match(await client.rest(), /^HTTP\/1\.1 200 OK\r\n[^]*for you$/)
    assert.deepEqual(rig.counts, { 200: 1 })
  })

  it('gets the answers to all that it asked before, one after the other', async () => {
    const { port, rig } = await start((socket, text) => socket.write(ok(text.split(' ')[1] ?? '')))
    const asked = [1, 2, 3].map((n) => `GET /function/hello/${n} HTTP/1.1\r\nHost: a\r\n\r\n`)

    const client = new RawClient(port).send(asked.join(''))
    client.socket.end()

    assert.match(await client.rest(), /\/1HTTP[^]*\/2HTTP[^]*\/3$/)
    assert.deepEqual(rig.counts, { 200: 3 })
  })

  it('is waited for as long as the answer moves', async () => {
    // Much longer than a pause of this process, and much shorter than the whole answer.
    const halfClosedMs = 1_000
    const { port, fn, rig } = await start(() => undefined, {}, { edge: { halfClosedMs } })
    const client = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    client.socket.end()
    await eventually(() => fn.requests.length === 1)

    fn.sockets[0]?.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
    const timer = setInterval(() => fn.sockets[0]?.write('1\r\nx\r\n'), 10)
    const beganMs = performance.now()
    try {
      await eventually(() => client.text.includes('1\r\nx') && performance.now() - beganMs > 2 * halfClosedMs)
    } finally {
      clearInterval(timer)
    }
    fn.sockets[0]?.write('0\r\n\r\n')

    assert.match(await client.rest(), /0\r\n\r\n$/)
    assert.deepEqual(rig.counts, { 200: 1 })
  })

  it('is asked whether it is still there, and then waited for however long it takes', async () => {
    const { port, fn, rig } = await start(() => undefined, {}, { edge: { halfClosedMs: 1_500 } })
    const client = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    client.socket.end()
    await eventually(() => fn.requests.length === 1)

    await eventually(() => client.text.split('HTTP/1.1 100 Continue\r\n\r\n').length > 3)
    fn.sockets[0]?.write(ok('at last'))

    assert.match(await client.rest(), /100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n[^]*at last$/)
    assert.deepEqual(rig.counts, { 200: 1 })
  })

  it('is found to have left when it does not take the question', async () => {
    const { port, fn, rig } = await start(() => undefined, {}, { edge: { halfClosedMs: 0 } })
    const client = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => fn.requests.length === 1)

    client.socket.destroy()

    await eventually(() => rig.counts[499] === 1)
  })

  it('is taken to have left when nothing moves for long', async () => {
    const { port, rig, fn } = await start(() => undefined, {}, MERCY)
    const client = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => fn.requests.length === 1)

    client.socket.end()

    await eventually(() => rig.counts[499] === 1)
    await eventually(() => fn.sockets[0]?.readableEnded === true || fn.sockets[0]?.destroyed === true)
  })
})

describe('a client that leaves', () => {
  it('a client that leaves before the answer, by a reset, has the function see its connection close at once', async () => {
    const { port, rig, fn } = await start(() => undefined)
    const client = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => fn.requests.length === 1)

    client.socket.resetAndDestroy()

    await eventually(() => fn.sockets[0]?.readableEnded === true || fn.sockets[0]?.destroyed === true)
    assert.deepEqual(rig.counts, { 499: 1 })
  })

  it('7.6, 18.4.7: a client that leaves before the answer, by closing, has the function see its connection close', async () => {
    const { port, rig, fn } = await start(() => undefined, {}, MERCY)
    const client = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => fn.requests.length === 1)

    client.socket.destroy()

    await eventually(() => fn.sockets[0]?.readableEnded === true || fn.sockets[0]?.destroyed === true)
    assert.deepEqual(rig.counts, { 499: 1 })
  })

  it('a client that leaves in the middle of its body has the function see its connection close', async () => {
    const { port, rig, fn } = await start(() => undefined)
    const client = new RawClient(port).send(
      'POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf',
    )
    await eventually(() => fn.requests.length === 1)

    client.socket.destroy()

    await eventually(() => rig.counts[499] === 1)
    await eventually(() => fn.sockets[0]?.readableEnded === true || fn.sockets[0]?.destroyed === true)
  })

  it('a client that leaves in the middle of the answer has the function see its connection close', async () => {
    const { port, rig, fn } = await start(
      (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n'),
      {},
      MERCY,
    )
    const client = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => client.text.includes('hi'))

    client.socket.destroy()

    await eventually(() => rig.counts[499] === 1)
    await eventually(() => fn.sockets[0]?.readableEnded === true || fn.sockets[0]?.destroyed === true)
    assert.equal(rig.inFlight, 0)
  })

  it('a client that leaves with calls behind the one under way has none of them made', async () => {
    const { port, fn, rig } = await start(() => undefined)
    const client = new RawClient(port).send('GET /function/hello HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20))
    await eventually(() => fn.requests.length === 1)

    client.socket.resetAndDestroy()

    await eventually(() => rig.inFlight === 0)
    assert.deepEqual(rig.counts, { 499: 1 })
    assert.equal(fn.requests.length, 1)
  })

  it('a client that leaves while it waits for a replica is counted as one that left', async () => {
    const rig = await startEmpty({}, MERCY)
    const client = new RawClient(rig.port).send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => rig.waiting === 1)

    client.socket.destroy()

    await eventually(() => rig.counts[499] === 1)
  })
})

describe('the end of the gateway', () => {
  it('lets running calls end, refuses new ones, and cuts at the deadline', async () => {
    const { port, rig, fn } = await start((socket, text) => {
      if (text.includes('/soon')) setTimeout(() => socket.write(ok('done')), 40)
    })
    const soon = exchange(port, 'GET /function/hello/soon HTTP/1.1')
    const never = exchange(port, 'GET /function/hello/never HTTP/1.1')
    await eventually(() => fn.requests.length === 2)
    const deadline = new AbortController()

    const stopped = rig.invoker.stop(deadline.signal)
    const refused = await exchange(port, GET)
    const ended = await soon
    deadline.abort()
    await stopped

    assert.match(refused, /^HTTP\/1\.1 503 [^]*Retry-After: 1\r\n/)
    assert.match(ended, /done$/)
    assert.match(await never, /^HTTP\/1\.1 503 /)
  })
})
