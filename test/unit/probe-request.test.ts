import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { PLAIN_PLAN, type Probe } from '../../src/provider/docker/container/probe.ts'
import { httpAsk } from '../../src/provider/docker/readiness/probe-request.ts'

const ask = httpAsk(systemClock)
const NEVER = new AbortController().signal
const closing: (() => void)[] = []
afterEach(() => {
  for (const close of closing.splice(0)) close()
})

/** A replica; the answer asks it. */
async function replica(answer: (response: http.ServerResponse) => void, change: Partial<Probe> = {}) {
  const asked: string[] = []
  const server = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    answer(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const probe = { ...PLAIN_PLAN.readiness, ...change }
  return { asked, server, target: { id: 'r', host: '127.0.0.1', port, probe, processPort: null } }
}

describe('a probe', () => {
  it('asks for its path and judges the status', async () => {
    const { asked, target } = await replica((response) => response.writeHead(503).end(), { path: '/up?a=1' })

    assert.deepEqual(await ask(target, NEVER), { kind: 'status', status: 503 })
    assert.equal((await ask({ ...target, probe: { ...target.probe, accept: 'any' } }, NEVER)).kind, 'good')
    assert.deepEqual(asked, ['GET /up?a=1', 'GET /up?a=1'])
  })

  it('takes a redirect for an answer and does not follow it', async () => {
    const { asked, target } = await replica(
      (response) => response.writeHead(302, { Location: '/elsewhere' }).end(),
      { accept: 'status' },
    )

    assert.equal((await ask(target, NEVER)).kind, 'good')
    assert.equal(asked.length, 1)
  })

  it('fails when no answer comes in time', async () => {
    const { target } = await replica(() => {}, { timeoutMs: 50 })

    assert.equal((await ask(target, NEVER)).kind, 'silent')
  })

  it('a probe is not failed by a busy moment of ours in which its time passes', async () => {
    const { target, server } = await replica((response) => response.end('here'), { timeoutMs: 100 })
    const answered = once(server, 'request')
    const asking = ask(target, NEVER)
    await answered
    // The answer is on its way or here; nobody reads it until we are done.
    const endMs = performance.now() + 150
    while (performance.now() < endMs);

    assert.equal((await asking).kind, 'good')
  })

  it('fails when nothing listens', async () => {
    const { target, server } = await replica(() => {})
    server.close()
    await once(server, 'close')

    assert.equal((await ask(target, NEVER)).kind, 'refused')
  })

  it('a probe of a replica without an address is never answered by our own door', async () => {
    const { asked, target } = await replica((response) => response.end())

    assert.equal((await ask({ ...target, host: '' }, NEVER)).kind, 'no-address')
    assert.deepEqual(asked, [])
  })

  it('ends with its signal', async () => {
    const stopping = new AbortController()
    const { target } = await replica(() => stopping.abort())

    assert.equal((await ask(target, stopping.signal)).kind, 'silent')
  })

  it('a probe is over with the head of the answer, however long its body', async () => {
    const { target } = await replica((response) => response.writeHead(200).write('and so on'))

    assert.equal((await ask(target, NEVER)).kind, 'good')
  })
})

describe('what a probe finds', () => {
  const raw: readonly (readonly [what: string, bytes: string | null, kind: string])[] = [
    ['closes without a word', '', 'closed'],
    ['is cut off', null, 'closed'],
    ['speaks something else', 'SSH-2.0-OpenSSH_9.2\r\n', 'not-http'],
    ['ends within the first line', 'HTTP/1.1 2', 'not-http'],
    ['ends its lines with a line feed alone', 'HTTP/1.0 200 OK\nA: b\n\nhello', 'good'],
    ['answers without a reason', 'HTTP/1.1 200\r\n\r\n', 'good'],
    [
      'answers in between first',
      'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
      'good',
    ],
    ['never comes to the answer', 'HTTP/1.1 102 Processing\r\n\r\n', 'closed'],
    ['claims an impossible status', 'HTTP/1.1 999 OK\r\n\r\n', 'status'],
    ['says not yet', 'HTTP/1.1 503 Service Unavailable\r\n\r\n', 'status'],
  ]
  for (const [what, bytes, kind] of raw) {
    it(`what a probe finds of a server that ${what} is told apart: ${kind}`, async () => {
      const server = createServer((socket) => {
        socket.on('error', () => {})
        socket.once('data', () => (bytes === null ? socket.resetAndDestroy() : socket.end(bytes, 'latin1')))
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      closing.push(() => server.close())
      const { port } = server.address() as AddressInfo
      const probe: Probe = { ...PLAIN_PLAN.readiness, accept: kind === 'status' ? 'status' : 'speaks' }

      const finding = await ask({ id: 'r', host: '127.0.0.1', port, probe, processPort: null }, NEVER)

      assert.equal(finding.kind, kind)
    })
  }
})
