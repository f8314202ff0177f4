import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ApiRequests, type Api } from '../../src/gateway/api/api-requests.ts'
import { readAnswers } from '../fixtures/answer-sequence.ts'
import { InProcessEdge, turns } from '../fixtures/edge-in-process.ts'
import type { FakeClientSocket } from '../fakes/fake-client-socket.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const GET = 'GET /a HTTP/1.1\r\nHost: h\r\n\r\n'

/** Requests to `api` on a connection without a network. */
function start(api: Api) {
  const log = new RecordingLog()
  const requests = new ApiRequests({ api, stopping: new AbortController().signal, log })
  const edge = new InProcessEdge({
    handler: { request: (exchange) => void requests.serve(exchange, exchange.head.target) },
  })
  return { log, edge, client: edge.connect() }
}

async function answersTo(client: FakeClientSocket, request: string, method = 'GET') {
  client.clientSends(request)
  await turns(12)
  return readAnswers(Buffer.concat(client.received), [method], client.isEnded)
}

/** A body that is given piece by piece. */
class Pieces {
  cancelledWith: unknown = null
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  readonly stream = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        this.#controller = controller
      },
      cancel: (reason) => {
        this.cancelledWith = reason
      },
    },
    { highWaterMark: 0 },
  )

  give(bytes: number): void {
    this.#controller?.enqueue(new Uint8Array(bytes))
  }

  end(): void {
    this.#controller?.close()
  }

  fail(): void {
    this.#controller?.error(new Error('a fault'))
  }
}

describe('a request to the API', () => {
  it('has method, path, headers and body of what was sent, and the address of its sender', async () => {
    const seen: unknown[] = []
    const { client } = start(async (request, env) => {
      seen.push(
        request.method,
        new URL(request.url).pathname,
        request.headers.get('x-a'),
        await request.text(),
      )
      seen.push(env.remoteAddress)
      return new Response('well')
    })

    for (const framing of [
      'Content-Length: 5\r\n\r\nhello',
      'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    ])
      await answersTo(client, `POST /a HTTP/1.1\r\nHost: h\r\nX-A: \xe9\r\nX-A: b\r\n${framing}`)

    const each = ['POST', '/a', '\xe9, b', 'hello', '127.0.0.1']
    assert.deepEqual(seen, [...each, ...each])
  })

  it('a request to the API by GET or HEAD has no body, whatever was sent, and the next one is read behind it', async () => {
    const bodies: (ReadableStream | null)[] = []
    const { client } = start((request) => {
      bodies.push(request.body)
      return new Response('well')
    })

    const { answers } = await answersTo(
      client,
      `GET /a HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello${GET}`,
    )

    assert.deepEqual(bodies, [null, null])
    assert.deepEqual(
      answers.map(({ body }) => body),
      ['well', 'well'],
    )
  })

  it('a request to the API by a method that no standard request may have is answered with 405', async () => {
    const { client } = start(() => assert.fail('it came through'))

    const { answers } = await answersTo(client, GET.replace('GET', 'TRACE') + GET.replace('GET', 'BREW'))

    assert.deepEqual(
      answers.map(({ status }) => status),
      [405, 405],
    )
  })

  it('a request to the API that fails unexpectedly is answered with 500 and logged, and the connection goes on', async () => {
    let asked = 0
    const { client, log } = start(() => {
      asked += 1
      if (asked === 1) throw new Error('a fault')
      return new Response('well')
    })

    const { answers } = await answersTo(client, GET + GET)

    assert.deepEqual(
      answers.map(({ status }) => status),
      [500, 200],
    )
    assert.deepEqual(log.messages('error'), ['request failed unexpectedly'])
  })

  it('a request to the API whose client leaves is told so, and no failure is logged', async () => {
    const signals: AbortSignal[] = []
    const { client, log, edge } = start((request) => {
      signals.push(request.signal)
      return new Promise((_resolve, reject) =>
        request.signal.addEventListener('abort', () => reject(new Error('the client left'))),
      )
    })
    client.clientSends(GET)
    await turns()
    client.clientLeaves()
    await turns()

    assert.deepEqual([signals[0]?.aborted, log.lines, edge.held.open], [true, [], 0])
  })
})

describe('an answer of the API', () => {
  for (const [status, body, length] of [
    [200, 'text', '4'],
    [200, '', '0'],
    [202, null, '0'],
    [204, null, undefined],
    [304, null, undefined],
  ] as const) {
    it(`an answer of the API that is whole has its length: ${status} with ${JSON.stringify(body)}`, async () => {
      const { client } = start(() => new Response(body, { status }))

      const { answers } = await answersTo(client, GET + GET)

      assert.deepEqual(
        answers.map(({ body: text }) => text),
        [body ?? '', body ?? ''],
      )
      const { fields = [] } = answers[0] ?? {}
      const at = fields.indexOf('Content-Length')
      assert.equal(at < 0 ? undefined : fields[at + 1], length)
    })
  }

  it('an answer of the API that comes piece by piece leaves piece by piece', async () => {
    const pieces = new Pieces()
    const { client } = start(() => new Response(pieces.stream))
    client.clientSends(GET)
    await turns()
    pieces.give(10)
    await turns()
    const early = client.text
    pieces.give(10)
    pieces.end()

    const { answers } = await answersTo(client, '')

    assert.match(early, /\r\nTransfer-Encoding: chunked\r\n[^]*\r\na\r\n/)
    assert.equal(answers[0]?.body.length, 20)
  })

  it('waits for a client that does not read', async () => {
    const pieces = new Pieces()
    const { client } = start(() => new Response(pieces.stream))
    client.clientTakes(100)
    client.clientSends(GET)
    await turns()
    for (let piece = 0; piece < 20; piece += 1) {
      pieces.give(30_000)
      await turns(2)
    }
    const before = client.writableLength
    client.clientTakes(Infinity)
    pieces.end()

    const { answers } = await answersTo(client, '')

    assert.ok(before < 100_000, `${before} bytes wait`)
    assert.equal(answers[0]?.body.length, 600_000)
  })

  it('an answer of the API whose client leaves is given up at its source', async () => {
    const pieces = new Pieces()
    const { client, log } = start(() => new Response(pieces.stream))
    client.clientSends(GET)
    await turns()
    pieces.give(10)
    await turns()
    client.clientLeaves()
    await turns(4)

    assert.match(String(pieces.cancelledWith), /the client left/)
    assert.deepEqual(log.lines, [])
  })

  it('an answer of the API that breaks off is cut, so that nobody takes it for whole', async () => {
    const pieces = new Pieces()
    const { client, log } = start(() => new Response(pieces.stream))
    client.clientSends(GET)
    await turns()
    pieces.give(10)
    await turns()
    pieces.fail()

    const { answers, unfinished } = await answersTo(client, '')

    assert.deepEqual([answers.length, client.destroyed, client.isEnded], [0, true, false])
    assert.match(unfinished, /^HTTP\/1\.1 200 /)
    assert.deepEqual(log.messages('error'), ['request failed unexpectedly'])
  })
})
