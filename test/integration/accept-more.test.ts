import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { describe, it, type TestContext } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { connectionShared, type ConnectionShared } from '../../src/gateway/edge/connection-shared.ts'
import { Listener } from '../../src/gateway/edge/listener.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { EDGE_LIMITS } from '../fixtures/edge.ts'

const CLIENTS = 24
const MORE = 3

async function listen(test: TestContext) {
  const shared = connectionShared({
    handler: { request: (exchange) => exchange.answer(200, 'well') },
    isDraining: () => false,
    times: { headMs: 300_000, bodyMs: 0, halfClosedMs: 0 },
    limits: EDGE_LIMITS,
    clock: systemClock,
    log: new RecordingLog(),
  })
  const listener = new Listener(shared)
  const { port } = await listener.listen({ host: '127.0.0.1', port: 0 })
  const clients: Socket[] = []
  test.after(async () => {
    for (const client of clients) client.destroy()
    listener.closeAll()
    await listener.close()
  })
  /** Connects many in one turn; answers the most that were accepted in a turn after it. */
  const mostPerTurn = async (): Promise<number> => {
    for (let n = 0; n < CLIENTS; n += 1) clients.push(connect(port, '127.0.0.1').on('error', () => {}))
    return turnsUntilOpen(shared, clients.length)
  }
  return { listener, port, mostPerTurn }
}

async function turnsUntilOpen(shared: ConnectionShared, count: number): Promise<number> {
  let most = 0
  let before = shared.census.figures.open
  while (before < count) {
    await new Promise((resolve) => setImmediate(resolve))
    const { open } = shared.census.figures
    most = Math.max(most, open - before)
    before = open
  }
  return most
}

describe('a listener that accepts more', () => {
  it('takes as many connections in a turn as it has descriptors, and each once', async (test) => {
    const { listener, mostPerTurn } = await listen(test)
    assert.equal(await mostPerTurn(), 1, 'as the system gives them')

    await listener.acceptMore(MORE)

    assert.equal(await mostPerTurn(), 1 + MORE)
  })

  it('leaves no process behind, and no door open when it is closed', async (test) => {
    const { listener, port } = await listen(test)
    await listener.acceptMore(MORE)
    await eventually(() => echoes().length === 0, 5_000, 'the process that duplicates has ended')

    await listener.close()

    await eventually(() => isRefused(port), 5_000, 'nobody listens')
  })

  it('is closed while it tries, and then has neither', async (test) => {
    const { listener, port } = await listen(test)
    const trying = listener.acceptMore(MORE)

    await listener.close()

    await assert.rejects(trying, { name: 'AbortError' })
    await eventually(() => echoes().length === 0, 5_000, 'the process that duplicates has ended')
    await eventually(() => isRefused(port), 5_000, 'nobody listens')
  })
})

/** The kernel closes what was on its way to another process a moment later: until then a client may be taken, and is reset. */
async function isRefused(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  const code = await new Promise<string>((resolve) => {
    socket.once('connect', () => resolve('connected'))
    socket.once('error', ({ code = '' }: NodeJS.ErrnoException) => resolve(code))
  })
  socket.destroy()
  return code === 'ECONNREFUSED'
}

/** Children of this process that send handles back. */
function echoes(): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false
    try {
      const isOurs =
        readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[1] === `${process.pid}`
      return isOurs && readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('handle-echo')
    } catch {
      return false
    }
  })
}
