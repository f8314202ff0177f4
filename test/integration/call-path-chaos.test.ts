import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { readAnswers } from '../fixtures/answer-sequence.ts'
import { turns } from '../fixtures/edge-in-process.ts'
import { soundRequest, spoiltRequest } from '../fixtures/request-maker.ts'
import { eventually } from '../fakes/eventually.ts'
import { RawClient, rigs } from './call-rig.ts'
import { Random } from './random.ts'

const SEED = Number(process.env['SAMPAN_TEST_SEED'] ?? 20_261_126)
const CLIENTS = Number(process.env['SAMPAN_TEST_CHAOS'] ?? 400)
const AT_ONCE = 12

/** What a function may say at any moment; null: it closes. */
const ANSWERS: readonly [string, ...(string | null)[]] = [
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-T: 1\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n',
  'HTTP/1.0 200 OK\r\n\r\nuntil the end',
  'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi',
  'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf',
  `HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n${'x'.repeat(300_000)}`,
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi and more',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi',
  'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  'no HTTP\r\n\r\n',
  null,
]

const { start } = rigs()

describe('a function and clients that do anything', () => {
  it(`leave nothing behind, and clients get HTTP (${CLIENTS} clients, seed ${SEED})`, async (t) => {
    const random = new Random(SEED)
    const { rig, port } = await start(
      (socket) => answerAnyhow(socket, random),
      { upstreamMs: 300, writeMs: 600 },
      {
        edge: { readTimeoutMs: 500, halfClosedMs: 500 },
      },
    )
    let left = CLIENTS
    let answered = 0
    const worker = async (): Promise<void> => {
      while (left > 0) {
        left -= 1
        const answers = await runClient(port, random)
        answered += answers
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, worker))

    t.diagnostic(`${answered} answers`)
    assert.ok(answered > CLIENTS / 4)
    await eventually(() => {
      const { open, unfinishedHeadBytes, waitingBodyBytes } = rig.server.figures
      return open === 0 && unfinishedHeadBytes === 0 && waitingBodyBytes === 0 && rig.inFlight === 0
    })
    assert.deepEqual(rig.log.messages('error'), [], `seed ${SEED}`)
  })
})

function answerAnyhow(socket: Socket, random: Random): void {
  const answer = random.below(ANSWERS.length)
  const text = ANSWERS[answer] ?? null
  if (text === null) return void socket.destroy()
  const cut = random.below(3) === 0 ? random.below(text.length) : text.length
  socket.write(text.slice(0, cut), 'latin1')
  setImmediate(() => {
    socket.write(text.slice(cut), 'latin1')
    if (random.below(6) === 0) socket.end()
  })
}

/** Answers how many answers it got. */
async function runClient(port: number, random: Random): Promise<number> {
  const client = new RawClient(port)
  let text = ''
  for (let more = random.below(3); more >= 0; more -= 1) {
    const request = random.below(4) === 0 ? spoiltRequest(random) : soundRequest(random)
    text += request.replace(/^([A-Z]+) \//, '$1 /function/hello/')
  }
  const largest = random.pick([text.length + 1, 100, 10])
  for (let at = 0; at < text.length && !client.isClosed;) {
    const end = at + 1 + random.below(largest)
    client.send(text.slice(at, end))
    if (random.below(4) === 0) await turns(1)
    at = end
  }
  const ending = random.below(4)
  if (ending === 0) client.socket.resetAndDestroy()
  else if (ending === 1) client.socket.destroy()
  else client.socket.end()
  await eventually(() => client.isEnded || client.isClosed)
  client.socket.destroy()
  // Heads alone: whether an answer to HEAD has a body is the client's to know.
  const heads = client.text.match(/HTTP\/1\.1 [2-5]\d\d [^\r\n]*\r\n/g) ?? []
  if (!text.includes('HEAD') && client.isEnded && !client.text.includes('\r\n\r\nhalf'))
    assert.doesNotThrow(
      () => readAnswers(Buffer.from(client.text, 'latin1'), [], true),
      JSON.stringify(client.text.slice(0, 500)),
    )
  return heads.length
}
