import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Exchange } from '../../src/gateway/edge/exchange.ts'
import { readAnswers } from '../fixtures/answer-sequence.ts'
import { EDGE_LIMITS } from '../fixtures/edge.ts'
import { InProcessEdge, turns } from '../fixtures/edge-in-process.ts'
import type { FakeClientSocket } from '../fakes/fake-client-socket.ts'

const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`
const chunk = (size: number): string => `${size.toString(16)}\r\n${'x'.repeat(size)}\r\n`

/** Answers 404 at once, but what is below `/held`, which a test answers. */
function start() {
  const held: Exchange[] = []
  const seen: string[] = []
  const edge = new InProcessEdge({
    handler: {
      request: (exchange) => {
        seen.push(exchange.head.target)
        if (exchange.head.target.startsWith('/held')) held.push(exchange)
        else exchange.answer(404, '')
      },
    },
  })
  return { edge, client: edge.connect(), held, seen }
}

function statuses(client: FakeClientSocket, methods: readonly string[] = []): number[] {
  return readAnswers(Buffer.concat(client.received), methods).answers.map(({ status }) => status)
}

describe('a request behind one that was answered early', () => {
  it('does not begin before that answer has left, though the body came whole in the same turn', async () => {
    const { client, held, seen } = start()

    client.clientSends('POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n12345')
    client.clientSends(`67890${get('/held')}${get('/b')}`)
    await turns()

    assert.deepEqual(seen, ['/a', '/held'])
    held[0]?.answer(200, '')
    await turns()
    assert.deepEqual(statuses(client), [404, 200, 404])
  })

  it('leaves nothing of the unread body in the budget', async () => {
    const { edge, client } = start()

    client.clientSends(
      `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(4_096)}0\r\n\r\n`,
    )
    await turns()

    assert.deepEqual(statuses(client), [404])
    assert.equal(edge.held.bodyBytes, 0)
  })
})

describe('empty lines before a request', () => {
  it('are refused from the second one on, without being counted one inside the other', async () => {
    const { edge, client, seen } = start()

    client.clientSends('\r\n\r\n'.repeat(16_000))
    await turns()

    assert.deepEqual(statuses(client), [400])
    assert.deepEqual(seen, [])
    assert.deepEqual(edge.log.lines, [])
  })

  for (const pieces of [['\r\n'], ['\r', '\n'], ['\r']]) {
    it(`are no beginning of a head, so a client may end or rest behind one (${JSON.stringify(pieces)})`, async () => {
      const { edge, client } = start()
      client.clientSends(get('/a'))
      for (const piece of pieces) {
        await turns()
        client.clientSends(piece)
      }
      await edge.clock.advance(30_000)
      edge.sweep()
      client.clientEnds()
      await turns()

      assert.deepEqual(statuses(client), [404])
      assert.equal(edge.held.open, 0)
    })
  }

  it('are passed over where there is one, in one piece or two', async () => {
    const { client, seen } = start()

    client.clientSends(`\r\n${get('/a')}\r`)
    await turns()
    client.clientSends(`\n${get('/b')}`)
    await turns()

    assert.deepEqual(seen, ['/a', '/b'])
  })
})

describe('a connection at rest whose client has not read all of the answer', () => {
  for (const [what, act] of [
    ['ends its sending', ({ client }) => client.clientEnds()],
    ['has to go because the server stops', ({ edge }) => edge.connections.forEach((one) => one.closeIdle())],
  ] as readonly [string, (open: ReturnType<typeof start>) => void][]) {
    it(`loses none of it when it ${what}`, async () => {
      const open = start()
      const { client, held } = open
      client.clientTakes(100)
      client.clientSends(get('/held'))
      held[0]?.answer(200, 'x'.repeat(10_000))
      await turns()

      act(open)
      await turns()
      client.clientTakes(Infinity)
      await turns()

      assert.deepEqual(statuses(client), [200])
      assert.ok(client.destroyed)
    })
  }
})

describe('a client that waits to be told to send its body', () => {
  const ask = 'POST /held HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n'

  it('is not blamed for its silence', async () => {
    const { edge, client } = start()
    client.clientSends(ask)
    for (let minute = 0; minute < 5; minute += 1) {
      await edge.clock.advance(61_000)
      edge.sweep()
    }

    assert.equal(client.text, '')
    assert.equal(edge.held.open, 1)
  })

  it('a client that waits to be told to send its body, and is answered instead, gets no other request through, for what comes could be the body', async () => {
    const { client, held, seen } = start()
    client.clientSends(ask)
    held[0]?.answer(403, '')
    client.clientSends(get('/smuggled'))
    await turns()

    assert.deepEqual(seen, ['/held'])
    assert.match(client.text, /^HTTP\/1\.1 403 [^]*\r\nConnection: close\r\n/)
    assert.ok(client.isEnded)
  })

  it('keeps its connection when the body came', async () => {
    const { client, held, seen } = start()
    client.clientSends(ask)
    const { body } = held[0] ?? assert.fail('no request')
    assert.ok(body !== null && 'on' in body)
    body.on('data', () => undefined).on('end', () => held[0]?.answer(200, ''))
    await turns()
    assert.equal(client.text, 'HTTP/1.1 100 Continue\r\n\r\n')

    client.clientSends(`abc${get('/a')}`)
    await turns()

    assert.deepEqual(seen, ['/held', '/a'])
  })
})

describe('requests behind one that is under way', () => {
  const limits = { ...EDGE_LIMITS, allHeadsBytes: 100_000 }

  it('take nothing of the room of uploads, and give way to those that came later', async () => {
    const held: Exchange[] = []
    const edge = new InProcessEdge({ handler: { request: (exchange) => held.push(exchange) }, limits })
    const clients = Array.from({ length: 4 }, () => edge.connect())
    for (const client of clients) client.clientSends(get('/held') + get('/b').repeat(1_200))
    await turns()

    assert.deepEqual([edge.held.bodyBytes, edge.held.headBytes < 100_000], [0, true])
    assert.match(clients[0]?.text ?? '', /^HTTP\/1\.1 503 [^]*SAMPAN_HEADER_BUDGET/)
    assert.equal(clients.at(-1)?.text, '')
    assert.equal(held.length, 4)
  })

  const BODIES = [
    ['no body', get('/a')],
    ['a body of a known length', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789'],
    [
      'a body in chunks',
      `POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${chunk(9)}0\r\n\r\n`,
    ],
  ] as const
  for (const [what, request] of BODIES) {
    it(`are not read while enough of them stand there, each with ${what}`, async () => {
      const { edge, client, seen } = start()
      const count = Math.ceil(1_000_000 / request.length)

      client.clientSends(request.repeat(count))
      let most = 0
      for (let turn = 0; turn < 2 * count && seen.length < count; turn += 1) {
        most = Math.max(most, edge.held.headBytes)
        await turns(1)
      }

      assert.equal(seen.length, count)
      // What is read at a time, behind what is too little to stop for.
      assert.ok(most <= 68 * 1024, `${most} bytes were held`)
    })
  }

  it('end their own connection when they alone are too much, before anything of it begins', async () => {
    const seen: string[] = []
    const edge = new InProcessEdge({
      handler: { request: ({ head }) => seen.push(head.target) },
      limits: { ...EDGE_LIMITS, allHeadsBytes: 10_000 },
    })
    const client = edge.connect()
    client.clientSends(get('/a') + get('/b').repeat(1_000))
    await turns()

    assert.deepEqual([seen, statuses(client)], [[], [503]])
    client.clientLeaves()
    await turns()
    assert.deepEqual(edge.held, { open: 0, headBytes: 0, bodyBytes: 0 })
  })
})

describe('many clients with requests behind each other', () => {
  const ANSWERS: readonly (readonly [string, (exchange: Exchange) => void])[] = [
    ['at once', (exchange) => exchange.answer(200, '')],
    ['by promises that hold already', (exchange) => void later(3).then(() => exchange.answer(200, ''))],
  ]
  for (const [how, answer] of ANSWERS) {
    it(`have one request each begun in a turn, answered ${how}`, async () => {
      const begun = new Map<number, number>()
      const edge = new InProcessEdge({
        handler: {
          request: (exchange) => {
            begun.set(exchange.remotePort, (begun.get(exchange.remotePort) ?? 0) + 1)
            answer(exchange)
          },
        },
      })
      const clients = Array.from({ length: 200 }, (_, n) => edge.connect('127.0.0.1', n))
      for (const client of clients) client.clientSends(get('/a').repeat(20))

      for (let turn = 1; turn <= 10; turn += 1) {
        await turns(1)
        // One more for the turn in which they came.
        assert.ok(Math.max(...begun.values()) <= turn + 1, `${Math.max(...begun.values())} in turn ${turn}`)
      }
      await turns(50)

      for (const client of clients) assert.equal(statuses(client).length, 20)
    })
  }
})

/** Resolves within the turn. */
async function later(microtasks: number): Promise<void> {
  for (let n = 0; n < microtasks; n += 1) await Promise.resolve()
}

describe('a tunnel', () => {
  it('goes on behind more bytes than are held at once, that came with the request for it', async () => {
    const { client, held } = start()
    const first = 'x'.repeat(40_000)
    client.clientSends(
      get('/a') + get('/held').replace('Host', 'Connection: Upgrade\r\nUpgrade: x\r\nHost') + first,
    )
    await turns()
    const tunnel = held[0]?.switchProtocols([]) ?? assert.fail('no request')
    tunnel.pipe(tunnel)
    await turns()
    client.clientSends('the end')
    client.clientEnds()
    await turns(10)

    assert.equal(readAnswers(Buffer.concat(client.received), []).switched, `${first}the end`)
    assert.ok(client.destroyed)
  })
})

describe('a refusal within the body of a HEAD', () => {
  it('has no body, so that nothing stands behind the answer', async () => {
    const { client } = start()

    client.clientSends('HEAD /held HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
    client.clientSends('zz\r\n')
    await turns()

    assert.deepEqual(statuses(client, ['HEAD']), [400])
    assert.ok(client.text.endsWith('\r\n\r\n'))
  })
})
