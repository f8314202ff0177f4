import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { EDGE_LIMITS } from '../fixtures/edge.ts'
import { exchange, ok, RawClient, rigs } from './call-rig.ts'

const { start } = rigs()

const GET = 'GET /function/hello HTTP/1.1'
const MIB = 1024 * 1024
/** What waits of a body that stands still, and more than comes with a head. */
const ONE_BODY_BYTES = 64 * 1024
const silent = (): undefined => undefined

describe('a budget that is used up', () => {
  it('the used-up budget of the calls of one function answers 429, with when to come again, the limit and the setting', async () => {
    const { port, rig } = await start(silent, {}, { capacity: { calls: 9, callsPerFunction: 1 } })
    const first = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => rig.inFlight === 1)

    const answer = await exchange(port, GET)

    assert.match(answer, /^HTTP\/1\.1 429 [^]*\r\nRetry-After: 1\r\n/)
    assert.match(
      answer,
      /\n\r\nthe gateway has 1 calls of function hello\.openfaas-fn under way \(SAMPAN_MAX_CALLS_PER_FUNCTION\)\n$/,
    )
    assert.deepEqual(rig.counts, { 429: 1 })
    const { inFlight, refused, refusedOfFunction } = rig.invoker.figures
    assert.deepEqual([inFlight, refused, refusedOfFunction], [1, 0, 1])
    assert.deepEqual(rig.log.messages('warn'), ['limit of calls per function reached, new ones refused'])
    first.socket.resetAndDestroy()
    await eventually(() => rig.inFlight === 0)
  })

  it('the used-up budget of all calls answers 503, with when to come again, the limit and the setting', async () => {
    const { port, rig } = await start(silent, {}, { capacity: { calls: 1, callsPerFunction: 9 } })
    const first = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => rig.inFlight === 1)

    const answer = await exchange(port, GET)

    assert.match(answer, /^HTTP\/1\.1 503 [^]*\r\nRetry-After: 1\r\n/)
    assert.match(answer, /\n\r\nthe gateway has 1 calls under way \(SAMPAN_MAX_CALLS\)\n$/)
    assert.deepEqual([rig.invoker.figures.refused, rig.invoker.figures.refusedOfFunction], [1, 0])
    assert.deepEqual(rig.log.messages('warn'), ['limit of calls reached, new ones refused'])
    first.socket.resetAndDestroy()
    await eventually(() => rig.inFlight === 0)
  })

  it('is free for the next call as soon as one ends', async () => {
    const { port, rig } = await start(ok('hi'), {}, { capacity: { calls: 1, callsPerFunction: 1 } })

    for (let call = 0; call < 20; call += 1) assert.match(await exchange(port, GET), /^HTTP\/1\.1 200 /)

    assert.deepEqual(rig.counts, { 200: 20 })
  })

  it('the used-up budget of waiting bodies of one function answers 429 to a further body, and no call without one notices', async () => {
    const limits = { ...EDGE_LIMITS, allBodiesBytes: ONE_BODY_BYTES }
    const { port, fn, rig } = await start(
      (socket, text) => {
        if (text.startsWith('GET')) socket.write(ok('hi'))
        else socket.pause()
      },
      {},
      { edge: { limits } },
    )
    const post = `POST /function/hello HTTP/1.1\r\nHost: a\r\nContent-Length: ${64 * MIB}\r\n\r\n`
    const stuck = new RawClient(port).send(post + 'x'.repeat(48 * MIB))
    // The system takes some MiB on the way; what cannot go on then stands still.
    let before = 0
    await eventually(async () => {
      before = rig.waitingBodyBytes
      await new Promise((resolve) => setTimeout(resolve, 20))
      return before >= ONE_BODY_BYTES && before === rig.waitingBodyBytes
    })

    const refused = await exchange(port, 'POST /function/hello HTTP/1.1\r\nContent-Length: 9', 'half')

    assert.equal(fn.requests.length, 1)
    assert.match(refused, /^HTTP\/1\.1 429 /)
    assert.match(refused, /\r\nRetry-After: 1\r\n[^]*\(SAMPAN_BODY_BUDGET\)\n$/)
    assert.match(await exchange(port, GET), /^HTTP\/1\.1 200 /)
    stuck.socket.resetAndDestroy()
    await rig.stop()
  })
})

describe('a body that nobody wants', () => {
  it('is read up to 256 KiB, and then the connection is closed', async () => {
    const { port } = await start(ok('hi', 'Connection: close\r\n'))
    const client = new RawClient(port)
    client.send(`POST //x HTTP/1.1\r\nHost: a\r\nContent-Length: ${1024 * MIB}\r\n\r\n`)
    let taken = 0
    const pump = (): void => {
      while (!client.isClosed && taken < 64 * MIB) {
        taken += MIB
        if (!client.socket.write(Buffer.alloc(MIB))) {
          client.socket.once('drain', pump)
          return
        }
      }
    }
    pump()

    await eventually(() => client.isClosed)

    assert.match(client.text, /^HTTP\/1\.1 301 /)
    // What the system holds in between is a few MiB.
    assert.ok(client.socket.bytesWritten < 32 * MIB, `${client.socket.bytesWritten} bytes were taken`)
  })
})
