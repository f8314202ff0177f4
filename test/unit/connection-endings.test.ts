import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RequestBody } from '../../src/gateway/edge/intake/request-body.ts'
import { GRACE_MS } from '../../src/gateway/edge/budgets/connection-census.ts'
import type { Exchange } from '../../src/gateway/edge/exchange.ts'
import { readAnswers } from '../fixtures/answer-sequence.ts'
import { EDGE_LIMITS } from '../fixtures/edge.ts'
import { InProcessEdge, turns } from '../fixtures/edge-in-process.ts'

const NOTHING = { open: 0, headBytes: 0, bodyBytes: 0 }
const POST =
  'POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n0\r\nX-T: 1\r\n\r\n'
const PUT = 'PUT /b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\nbody'
const GET = 'GET /c HTTP/1.1\r\nHost: a\r\n\r\n'
const SCRIPT = POST + PUT + GET
/** Where a request is whole. */
const ENDS = [POST.length, POST.length + PUT.length, SCRIPT.length]
const PLACES = Array.from({ length: SCRIPT.length + 1 }, (_, at) => at)

/** Answers when the whole body is there. */
function answerWhole(exchange: Exchange): void {
  const { body } = exchange
  if (body instanceof RequestBody) body.on('data', () => undefined).on('end', () => exchange.answer(200, ''))
  else exchange.answer(200, '')
}

function start(request: (exchange: Exchange) => void = answerWhole) {
  const edge = new InProcessEdge({ handler: { request } })
  return { edge, client: edge.connect() }
}

function statuses(text: string): number[] {
  return readAnswers(Buffer.from(text, 'latin1'), []).answers.map(({ status }) => status)
}

describe('a client that ends its sending anywhere', () => {
  it('has every whole request answered, is told of half a one, and the connection ends', async () => {
    for (const at of PLACES) {
      const { edge, client } = start()
      client.clientSends(SCRIPT.slice(0, at))
      client.clientEnds()
      await turns(12)

      const whole = ENDS.filter((end) => end <= at).length
      const half = at === 0 || ENDS.includes(at) ? [] : [400]
      assert.deepEqual(
        statuses(client.text),
        [...Array.from({ length: whole }, () => 200), ...half],
        `at ${at}`,
      )
      assert.deepEqual([edge.held, edge.log.lines, client.destroyed], [NOTHING, [], true], `at ${at}`)
    }
  })
})

describe('a client that is gone anywhere', () => {
  for (const turnsBefore of [0, 1, 2]) {
    it(`leaves nothing behind, ${turnsBefore} turns after it sent`, async () => {
      for (const at of PLACES) {
        const { edge, client } = start()
        client.clientSends(SCRIPT.slice(0, at))
        await turns(turnsBefore)
        client.clientLeaves()
        await turns(4)

        assert.deepEqual([edge.held, edge.log.lines], [NOTHING, []], `at ${at}`)
      }
    })
  }
})

describe('a server that stops anywhere', () => {
  it('keeps a connection that its answer promised, and says with the next answer that it is the last', async () => {
    const { edge, client } = start()
    client.clientSends(GET)
    edge.isDraining = true
    await turns(4)

    assert.deepEqual([statuses(client.text), client.isEnded], [[200], false])
    assert.doesNotMatch(client.text, /connection: close/i)

    client.clientSends(GET)
    await turns(4)
    assert.deepEqual([statuses(client.text), client.isEnded], [[200, 200], true])
    assert.match(client.text, /connection: close/i)
  })

  it('answers what was begun, takes nothing behind it, and the connection ends', async () => {
    for (const at of PLACES) {
      const { edge, client } = start()
      client.clientSends(SCRIPT.slice(0, at))
      await turns(4)
      edge.isDraining = true
      client.clientSends(SCRIPT.slice(at))
      await turns(4)
      for (const connection of edge.connections.values()) connection.closeIdle()
      edge.sweep()
      await edge.clock.advance(1_000)
      edge.sweep()
      await turns(4)

      // A request that was whole before has been answered; one more may come, and says that it is the last.
      const answered = statuses(client.text)
      const before = ENDS.filter((end) => end <= at).length
      assert.ok(answered.length === before || answered.length === before + 1, `at ${at}: ${String(answered)}`)
      assert.ok(
        answered.every((status) => status === 200),
        `at ${at}: ${String(answered)}`,
      )
      if (answered.length > before) assert.match(client.text, /\r\nConnection: close\r\n\r\n$/, `at ${at}`)
      assert.deepEqual([edge.held, edge.log.lines], [NOTHING, []], `at ${at}`)
    }
  })
})

describe('a fault of ours', () => {
  const fail = (): never => {
    throw new Error('a fault')
  }
  const faults: Readonly<Record<string, (exchange: Exchange) => void>> = {
    'when a request comes': fail,
    'when a later request comes': (exchange) =>
      exchange.head.target === '/c' ? fail() : answerWhole(exchange),
    'after the answer has begun': (exchange) => {
      exchange.start(200, [], -1)
      exchange.write(Buffer.alloc(20_000))
      fail()
    },
    'when the client has left': (exchange) => (exchange.owner = { onDrain: fail, onAborted: fail }),
    'when the client reads on': (exchange) => {
      exchange.owner = { onDrain: fail, onAborted: () => undefined }
      exchange.start(200, [], -1)
      exchange.write(Buffer.alloc(40_000))
    },
  }
  for (const [when, request] of Object.entries(faults)) {
    it(`a fault of ours ${when} ends that connection, is logged once, and touches no other`, async () => {
      const { edge, client } = start(request)
      client.clientTakes(1_000)
      client.clientSends(SCRIPT)
      await turns(12)
      client.clientTakes(Infinity)
      await turns(4)
      client.clientLeaves()
      await turns(4)

      assert.deepEqual(edge.log.messages('error'), ['connection failed unexpectedly'])
      assert.ok(client.destroyed)
      assert.deepEqual(edge.held, NOTHING)
    })
  }
})

describe('a connection that has to go for another', () => {
  const limits = { ...EDGE_LIMITS, connections: { most: 1, mostPerClient: 1 } }

  it('gives back half a head, however much came, and gets no answer', async () => {
    for (const at of PLACES.slice(0, POST.indexOf('\r\n\r\n') + 3)) {
      const edge = new InProcessEdge({ handler: { request: answerWhole }, limits })
      const first = edge.connect()
      first.clientSends(SCRIPT.slice(0, at))
      await edge.clock.advance(GRACE_MS)
      edge.connect()
      await turns(3)

      assert.ok(first.destroyed, `at ${at}`)
      assert.deepEqual([edge.held, first.text], [{ open: 1, headBytes: 0, bodyBytes: 0 }, ''], `at ${at}`)
    }
  })

  it('gives back the requests behind an answer that the client does not read', async () => {
    const answer = (exchange: Exchange): void => exchange.answer(200, 'x'.repeat(100_000))
    const edge = new InProcessEdge({ handler: { request: answer }, limits })
    const first = edge.connect()
    first.clientTakes(10)
    first.clientSends(GET.repeat(20))
    await turns(4)
    assert.ok(edge.held.headBytes > 0)

    await edge.clock.advance(GRACE_MS)
    edge.connect()
    await turns(3)

    assert.deepEqual(edge.held, { open: 1, headBytes: 0, bodyBytes: 0 })
  })

  it('is none whose request is under way: the newcomer is refused', async () => {
    const edge = new InProcessEdge({ handler: { request: () => undefined }, limits })
    const first = edge.connect()
    first.clientSends(GET)
    const second = edge.connect()
    await turns(3)

    assert.ok(!first.destroyed)
    assert.deepEqual(statuses(second.text), [503])
  })
})
