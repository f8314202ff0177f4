import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import type { Probe } from '../../src/provider/docker/docker-labels.ts'
import { type ProbeTarget, untilReady } from '../../src/provider/docker/readiness.ts'

const PROBE: Probe = { path: '/_/health', accept: 'speaks', patienceMs: 2_000, timing: null }

/** A server that answers these statuses in turn, the last one for ever. */
async function server(...statuses: readonly number[]) {
  const asked: string[] = []
  const made = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(statuses[Math.min(asked.length, statuses.length) - 1] ?? 200).end()
  })
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve))
  const { port } = made.address() as AddressInfo
  const target: ProbeTarget = { host: '127.0.0.1', port, probe: PROBE }
  return { asked, target, close: () => made.close() }
}

function probe(next: () => ProbeTarget | null, signal: AbortSignal = new AbortController().signal) {
  return untilReady(next, systemClock, signal)
}

describe('readiness', () => {
  it('comes when the watchdog says so, and is asked for no longer', async () => {
    const { asked, target, close } = await server(503, 503, 200)

    assert.equal(await probe(() => target), 'ready')
    assert.deepEqual(
      asked,
      Array.from({ length: 3 }, () => 'GET /_/health'),
    )
    close()
  })

  it('is overdue when nothing listens for too long', async () => {
    const { target, close } = await server(200)
    close()

    assert.equal(await probe(() => ({ ...target, probe: { ...PROBE, patienceMs: 50 } })), 'overdue')
  })

  it('of a replica without an address is never found out at our own door', async () => {
    const { asked, target, close } = await server(200)

    assert.equal(await probe(() => ({ ...target, host: '', probe: { ...PROBE, patienceMs: 30 } })), 'overdue')
    assert.deepEqual(asked, [])
    close()
  })

  it("is nobody's concern once the replica has gone, or we stop", async () => {
    const { target, close } = await server(503)
    const stopping = new AbortController()
    let looks = 0

    assert.equal(await probe(() => (looks++ < 3 ? target : null)), 'ended')
    const stopped = probe(() => target, stopping.signal)
    stopping.abort()
    assert.equal(await stopped, 'ended')
    close()
  })

  it('is not granted for an answer from where the replica was before', async () => {
    const { target, close } = await server(200)
    const moved = { ...target, host: '127.0.0.2' }
    let looks = 0

    const outcome = await probe(() =>
      looks++ === 0 ? target : { ...moved, probe: { ...PROBE, patienceMs: 0 } },
    )

    assert.equal(outcome, 'overdue')
    close()
  })
})
