import assert from 'node:assert/strict'
import { once } from 'node:events'
import http from 'node:http'
import { afterEach, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { containerIdentity } from '../../src/provider/docker/container-spec.ts'
import type { ProbeTiming } from '../../src/provider/docker/docker-labels.ts'
import { ReadinessWatch } from '../../src/provider/docker/readiness-watch.ts'
import { ReplicaTable } from '../../src/provider/docker/replica-table.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { deployed } from '../fixtures/deployed.ts'

/** A loopback address of this file's own: replicas listen on 8080. */
const HOST = '127.83.12.9'
const TIMING: ProbeTiming = { delayMs: 0, periodMs: 5, timeoutMs: 500, successes: 1, failures: 3 }

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** A replica that answers with a status of the test's choice, and its watch. */
async function watched(timing: ProbeTiming | null) {
  const replica = { status: 200, asked: 0 }
  const server = http.createServer((_req, res) => {
    replica.asked += 1
    res.writeHead(replica.status).end()
  })
  server.listen(8080, HOST)
  await once(server, 'listening')
  const identity = containerIdentity(deployed())
  const table = new ReplicaTable(
    () => 5,
    () => {},
  )
  table.add('a', { ...identity, probe: { ...identity.probe, timing } }, { isRunning: true, host: HOST })
  const log = new RecordingLog()
  const watch = new ReadinessWatch({
    table,
    clock: systemClock,
    log,
    onReady: () => {},
    onOverdue: () => {},
  })
  closing.push(async () => {
    await watch.stop()
    server.closeAllConnections()
    server.close()
  })
  watch.begin('a')
  const state = () => table.get('a')?.replica.state
  await eventually(() => state() === 'ready')
  return { replica, state, log }
}

describe('a ready replica', () => {
  it('is left in peace when no annotation speaks of time', async () => {
    const { replica, state } = await watched(null)

    assert.equal(replica.asked, 1)
    replica.status = 503
    await new Promise((resolve) => setImmediate(resolve))

    assert.equal(state(), 'ready')
    assert.equal(replica.asked, 1)
  })

  it('goes out of service after bad answers in a row, and comes back with a good one', async () => {
    const { replica, state, log } = await watched(TIMING)
    await eventually(() => replica.asked > 5)
    assert.equal(state(), 'ready')

    replica.status = 503
    await eventually(() => state() === 'starting')
    replica.status = 200
    await eventually(() => state() === 'ready')

    assert.equal(log.named('replica failed its probes')[0]?.fields['failed'], 3)
    const { asked } = replica
    await eventually(() => replica.asked > asked + 3)
    assert.equal(state(), 'ready')
  })
})
