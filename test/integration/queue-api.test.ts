import assert from 'node:assert/strict'
import { readdir, readlink } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { GatewayServer } from '../../src/gateway/gateway-server.ts'
import { Metrics } from '../../src/metrics.ts'
import { eventually } from '../fakes/eventually.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'
import { gatewayOptions } from '../fixtures/edge.ts'
import { gate, QueueRig } from '../fixtures/queue-rig.ts'

const ONCE = { 'com.openfaas.retry.attempts': '1' }

/** The API over the queue of `rig`; answers JSON, or the status where there is none. */
function apiOf(rig: QueueRig) {
  const { ask } = testApp({ queue: rig.queue, queueStatus: () => rig.link.status() })
  const read = async <T>(method: string, path: string): Promise<T> => {
    const answer = await ask(method, path)
    assert.equal(answer.status, 200, `${method} ${path}: ${await answer.clone().text()}`)
    return (await answer.json()) as T
  }
  const status = async (method: string, path: string): Promise<number> => (await ask(method, path)).status
  return { ask, read, status }
}

interface Page {
  readonly deadLetters: readonly { readonly id: string; readonly reason: string; readonly status: number }[]
  readonly next?: string
}

describe('an operator, over HTTP,', () => {
  it('finds a dead letter, looks at it, has it made again, and gets its answer', async () => {
    await using rig = await QueueRig.start()
    const { ask, read, status } = apiOf(rig)
    const { open, passed } = gate()
    let isMended = false
    rig.fn(
      'printer',
      async () => {
        if (!isMended) return { status: 500, body: 'out of ink' }
        await passed
        return { status: 201, headers: ['Content-Type', 'text/x', 'Set-Cookie', 'a=b'], body: 'printed' }
      },
      { annotations: ONCE },
    )
    const body = Buffer.alloc(300_000, 7)
    const callId = await rig.call('printer', { body, path: '/a?b=c', headers: ['X-Async-Store', '1'] })
    await rig.ended(callId)

    const { deadLetters } = await read<Page>('GET', '/system/async/dead-letters?function=printer')
    const [{ id, reason, status: last } = assert.fail('no letter'), ...more] = deadLetters
    assert.deepEqual([reason, last, more], ['attempts_exhausted', 500, []])
    const none = await read<Page>('GET', '/system/async/dead-letters?reason=expired')
    assert.deepEqual(none, { deadLetters: [] })

    const letter = await read<Record<string, unknown>>('GET', `/system/async/dead-letters/${id}`)
    const { method, path, bodyBytes, lastAnswer, callId: sameId } = letter
    assert.deepEqual(
      [method, path, bodyBytes, lastAnswer, sameId],
      ['POST', '/a?b=c', 300_000, 'out of ink', callId],
    )
    const sent = await ask('GET', `/system/async/dead-letters/${id}/body`)
    assert.ok(Buffer.from(await sent.arrayBuffer()).equals(body))

    isMended = true
    const replayed = await ask('POST', `/system/async/dead-letters/${id}/replay`)
    const place = replayed.headers.get('location') ?? ''
    assert.deepEqual([replayed.status, place], [202, `/system/async/calls/${callId}`])
    assert.equal(await status('GET', `/system/async/dead-letters/${id}`), 404)
    assert.equal(await status('GET', `${place}/result`), 425)
    open()
    await rig.ended(callId)
    const result = await ask('GET', `${place}/result`)
    assert.deepEqual([result.status, await result.text()], [200, 'printed'])
    assert.deepEqual(
      ['x-function-status', 'content-type', 'set-cookie'].map((name) => result.headers.get(name)),
      ['201', 'text/x', null],
    )
    const [call] = await read<Record<string, unknown>[]>('GET', place)
    assert.deepEqual([call?.['state'], call?.['attemptCount'], call?.['hasResult']], ['succeeded', 1, true])
  })

  it('reads a large answer over a socket, from a file that is closed when the reader leaves early', async () => {
    await using rig = await QueueRig.start()
    const { ports, app } = testApp({ queue: rig.queue })
    const { clock, log } = ports
    const calls = { handle: () => {}, upgrade: () => {} }
    const server = new GatewayServer(
      { calls, api: (request, env) => app.fetch(request, env), clock, log },
      gatewayOptions(),
    )
    const { port } = await server.start()
    const answer = Buffer.alloc(5_000_000, 'abcdefg')
    rig.fn('big', () => ({ body: answer }))
    const callId = await rig.call('big', { headers: ['X-Async-Store', '1'] })
    await rig.ended(callId)
    const url = `http://127.0.0.1:${port}/system/async/calls/${callId}/result`
    const open = async (): Promise<number> => {
      const files = await readdir('/proc/self/fd')
      const targets = await Promise.all(files.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')))
      return targets.filter((target) => target.endsWith('.answer')).length
    }
    const read = (signal?: AbortSignal): Promise<Response> =>
      fetch(url, { headers: { Authorization: ADMIN }, ...(signal && { signal }) })

    const whole = await read()
    assert.equal(whole.headers.get('content-length'), '5000000')
    assert.ok(Buffer.from(await whole.arrayBuffer()).equals(answer))
    const leaving = new AbortController()
    const half = await read(leaving.signal)
    await half.body?.getReader().read()
    leaving.abort()

    await eventually(async () => (await open()) === 0)
    await server.stop(0)
  })

  it('pauses a queue, sees what waits, cancels one call and empties the queue', async () => {
    await using rig = await QueueRig.start()
    const { read, status } = apiOf(rig)
    rig.fn('echo', () => ({}))
    assert.equal(await status('POST', '/system/async/queues/faas-request/pause'), 202)
    const ids = await Promise.all([1, 2, 3].map(() => rig.call('echo')))

    const queues = await read<{ paused: boolean; functions: Record<string, unknown>[] }[]>(
      'GET',
      '/system/async/queues',
    )
    const [{ name, pending, inFlight, delayed, oldestAgeSeconds } = {}] = queues[0]?.functions ?? []
    assert.deepEqual([queues[0]?.paused, name, pending, inFlight, delayed], [true, 'echo', 3, 0, 0])
    assert.ok(Number(oldestAgeSeconds) >= 0)
    assert.equal(await status('DELETE', `/async-function/${ids[0]}`), 202)
    assert.equal(await status('DELETE', `/async-function/${ids[0]}`), 409)
    const waiting = await read<{ calls: { callId: string }[] }>('GET', '/system/async/calls?state=queued')
    assert.deepEqual(waiting.calls.map(({ callId }) => callId).toSorted(), ids.slice(1).toSorted())
    const purged = await read('DELETE', '/system/async/queues/faas-request?function=echo')
    assert.deepEqual(purged, { purged: 2 })
    assert.equal(await status('POST', '/system/async/queues/faas-request/resume'), 202)

    await rig.ended(await rig.call('echo'))
    assert.equal(rig.seen.length, 1)
  })

  it('has many made again, or removed, also when two do that at a time', async () => {
    await using rig = await QueueRig.start()
    const { read } = apiOf(rig)
    for (const name of ['a', 'b']) rig.fn(name, () => ({ status: 500 }), { annotations: ONCE })
    const ids = await Promise.all(Array.from({ length: 20 }, (_, at) => rig.call(at % 2 === 0 ? 'a' : 'b')))
    await Promise.all(ids.map((id) => rig.ended(id)))
    const first = await read<Page>('GET', '/system/async/dead-letters?limit=15')
    const rest = await read<Page>('GET', `/system/async/dead-letters?limit=15&cursor=${first.next}`)
    assert.deepEqual([first.deadLetters.length, rest.deadLetters.length, rest.next], [15, 5, undefined])

    rig.fn('a', () => ({}))
    const counts = await Promise.all(
      [1, 2].map(() => read<{ replayed: number }>('POST', '/system/async/dead-letters/replay?function=a')),
    )
    await eventually(() => rig.seenOf('a').length === 20)
    assert.deepEqual(
      [counts.reduce((sum, { replayed }) => sum + replayed, 0), rig.seenOf('a').length],
      [10, 20],
    )
    const young = await read('DELETE', '/system/async/dead-letters?before=2020-01-01T00:00:00Z')
    assert.deepEqual(young, { removed: 0 })
    assert.deepEqual(await read('DELETE', '/system/async/dead-letters?function=b'), { removed: 10 })
    assert.deepEqual(await read<Page>('GET', '/system/async/dead-letters'), { deadLetters: [] })
  })

  it('sees in the figures what happened', async () => {
    await using rig = await QueueRig.start()
    rig.fn('echo', () => ({}))
    rig.fn('broken', () => ({ status: 500 }), { annotations: { ...ONCE, 'com.openfaas.queue': 'q2' } })
    await Promise.all((await Promise.all([rig.call('echo'), rig.call('broken')])).map((id) => rig.ended(id)))
    const metrics = new Metrics({
      calls: () => [],
      replicas: () => [],
      budgets: {
        calls: () => ({ inFlight: 0, refused: 0, refusedOfFunction: 0, idleUpstreams: 0 }),
        apiBodies: { usedBytes: 0, refused: 0 },
        limits: { connections: 0, calls: 0, descriptors: 0 },
      },
    })
    const { queue, link } = rig
    metrics.watchQueue({ figures: queue.figures, stock: () => queue.stock, nats: () => link.status() })
    const expected = [
      'queue_worker_pending_messages{queue_name="q2",function_name="broken.openfaas-fn"} 0',
      'queue_worker_function_invocation_inflight{queue_name="q2",function_name="broken.openfaas-fn"} 0',
      'queue_worker_messages_submitted_total{queue_name="faas-request"} 1',
      'queue_worker_messages_processed_total{queue_name="q2"} 1',
      'queue_worker_nats_reconnect_total 0',
      'sampan_async_executions_total{verdict="final"} 1',
      'sampan_async_executions_total{verdict="dead"} 1',
      'sampan_async_dead_letters_total{reason="attempts_exhausted"} 1',
      'sampan_async_dead_letters_total{reason="expired"} 0',
      'sampan_nats_up 1',
    ]
    const missing = async (): Promise<readonly string[]> => {
      const lines = new Set((await metrics.render()).body.split('\n'))
      return expected.filter((line) => !lines.has(line))
    }

    // The last word about a call comes a moment behind its end, and the stream is counted anew now and then.
    await eventually(async () => (await missing()).length === 0, 15_000)
  })

  it('is told at /healthz that NATS is away, while the daemon is well', async () => {
    await using rig = await QueueRig.start()
    const { ask } = apiOf(rig)
    assert.equal(await (await ask('GET', '/healthz?verbose=1')).text(), 'provider: ok\nqueue: ok\n')

    await rig.link.stop()
    const answer = await ask('GET', '/healthz?verbose=1')
    const info = (await (await ask('GET', '/system/info')).json()) as { queue: Record<string, unknown> }

    assert.deepEqual([answer.status, await answer.text()], [200, 'provider: ok\nqueue: the daemon stops\n'])
    assert.deepEqual([info.queue['isUp'], info.queue['reason']], [false, 'the daemon stops'])
    assert.equal((await ask('GET', '/healthz')).status, 200)
  })
})
