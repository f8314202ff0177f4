import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { on, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { resolve } from 'node:path'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { MOST_DISPLACED_A_SECOND } from '../../src/gateway/edge/budgets/connection-census.ts'
import { connectionShared } from '../../src/gateway/edge/connection-shared.ts'
import { Listener } from '../../src/gateway/edge/listener.ts'
import { eventually } from '../fakes/eventually.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { EDGE_LIMITS } from '../fixtures/edge.ts'

/** As `docs/security.md` says. */
const MOST = 10_000
const OURS = 3

const limits = readFileSync('/proc/self/limits', 'utf8')
const descriptors = Number(/^Max open files +\d+ +(\d+)/m.exec(limits)?.[1] ?? MOST * 2)
const skip =
  descriptors > MOST + 200 ? false : `SKIPPED: this process may have ${descriptors} descriptors only`

describe('the connections of a listener', { skip }, () => {
  it(`are ${MOST}: a further one takes the place of one that asked for nothing, and calls on those in use go on`, async (test) => {
    const shared = connectionShared({
      handler: { request: (exchange) => exchange.answer(200, 'well') },
      isDraining: () => false,
      // Silent ones must not be closed for that while this runs.
      times: { headMs: 300_000, bodyMs: 0, halfClosedMs: 0 },
      limits: { ...EDGE_LIMITS, connections: { most: MOST, mostPerClient: MOST } },
      clock: systemClock,
      log: new RecordingLog(),
    })
    const listener = new Listener(shared)
    const { port } = await listener.listen({ host: '127.0.0.1', port: 0 })
    const ours = Array.from({ length: OURS }, () => connect(port, '127.0.0.1'))
    for (const socket of ours) await ask(socket)
    const holder = spawn(process.execPath, [
      resolve(import.meta.dirname, '../fixtures/connection-holder.js'),
      `${port}`,
      `${MOST - OURS}`,
    ])
    test.after(async () => {
      for (const socket of ours) socket.destroy()
      holder.kill('SIGKILL')
      await listener.close()
    })
    await once(holder.stdout, 'data')

    await eventually(
      async () => (await answerOfNewOne(port)).startsWith('HTTP/1.1 200 '),
      10_000,
      'some waited for long',
    )
    for (let n = 0; n < 20; n += 1) assert.match(await answerOfNewOne(port), /^HTTP\/1\.1 200 /)
    for (const socket of ours) await ask(socket)

    assert.equal(holder.exitCode, null)
    assert.ok(shared.census.figures.open <= MOST, `${shared.census.figures.open} are open`)
    assert.ok(shared.census.figures.evicted >= 1, 'somebody had to go')
  })
})

describe('connections that have their answer', () => {
  const MANY = 20

  for (const [what, request] of [
    ['and send a body that nobody wants', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n.'],
    [
      'and go on after its end',
      'POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n.',
    ],
  ] as const) {
    it(`${what} keep no place from a newcomer`, async (test) => {
      const shared = connectionShared({
        handler: { request: (exchange) => exchange.answer(200, 'well') },
        isDraining: () => false,
        times: { headMs: 300_000, bodyMs: 300_000, halfClosedMs: 0 },
        limits: { ...EDGE_LIMITS, connections: { most: MANY, mostPerClient: MANY } },
        clock: new FakeClock(),
        log: new RecordingLog(),
      })
      const listener = new Listener(shared)
      const { port } = await listener.listen({ host: '127.0.0.1', port: 0 })
      const options = { port, host: '127.0.0.1', allowHalfOpen: true }
      const sockets = Array.from({ length: MANY }, () => connect(options).on('error', () => {}))
      test.after(async () => {
        for (const socket of sockets) socket.destroy()
        listener.closeAll()
        await listener.close()
      })
      for (const socket of sockets) await ask(socket, request)

      for (let n = 0; n < MANY * 2; n += 1) assert.match(await answerOfNewOne(port), /^HTTP\/1\.1 200 /)

      assert.equal(shared.census.figures.refused, 0)
    })
  }
})

describe('a client that has its share and comes too fast', () => {
  it('has its newcomers closed unheard, while others are answered', async (test) => {
    const shared = connectionShared({
      handler: { request: (exchange) => exchange.answer(200, 'well') },
      isDraining: () => false,
      times: { headMs: 300_000, bodyMs: 300_000, halfClosedMs: 0 },
      limits: { ...EDGE_LIMITS, connections: { most: 100, mostPerClient: 2 } },
      // The second in which it is too fast does not end.
      clock: new FakeClock(),
      log: new RecordingLog(),
    })
    const listener = new Listener(shared)
    const { port } = await listener.listen({ host: '127.0.0.1', port: 0 })
    const silent: Socket[] = []
    test.after(async () => {
      for (const socket of silent) socket.destroy()
      listener.closeAll()
      await listener.close()
    })
    for (let n = 0; n < 2 + MOST_DISPLACED_A_SECOND; n += 1) {
      const socket = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.9' }).on('error', () => {})
      silent.push(socket)
      await once(socket, 'connect')
    }
    await eventually(() => shared.census.figures.refused === MOST_DISPLACED_A_SECOND, 10_000, 'all came')

    assert.equal(await answerOfNewOne(port, '127.0.0.9'), '')
    assert.match(await answerOfNewOne(port), /^HTTP\/1\.1 200 /)
    assert.deepEqual(
      [shared.census.figures.evicted, shared.census.figures.refused],
      [0, MOST_DISPLACED_A_SECOND + 1],
    )
  })
})

/** One request on a connection that stays open; resolves when it was answered well. */
async function ask(socket: Socket, request = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'): Promise<void> {
  socket.write(request)
  let answer = ''
  for await (const [chunk] of on(socket, 'data', { close: ['close'] }) as AsyncIterable<[Buffer]>) {
    answer += chunk.toString('latin1')
    if (answer.endsWith('well\n')) break
  }
  assert.match(answer, /^HTTP\/1\.1 200 /)
}

/** What a new connection gets for a request; empty when it is closed without an answer. */
async function answerOfNewOne(port: number, localAddress = '127.0.0.1'): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', localAddress })
  let answer = ''
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')))
  socket.on('error', () => {})
  socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  await new Promise((end) => socket.on('close', end))
  return answer
}
