import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { openFiles, peakGrowth, residentBytes } from '../fixtures/process-usage.ts'
import { Attack } from './attack.ts'
import { DaemonProcess } from './daemon-process.ts'
import { honestDuring, p99s, type HonestFigures } from './honest-client.ts'
import { manage } from './manage.ts'
import { metricsOf } from './metrics-of.ts'

/** How long the attack lasts at least. */
const ATTACK_MS = Number(process.env['SAMPAN_TEST_OVERLOAD_MS'] ?? 10_000)
const QUIET_MS = 2_000
/** So few that each kind of attack alone would take them all. */
const DESCRIPTORS = 512
const MOST_GROWTH_BYTES = 100e6

/**
 * The project promises 100 ms for 99 of 100 honest requests, which `npm run bench` measures on a machine of its own. Here others work too: a
 * request may take as much longer as this machine makes a request wait when nobody attacks, several times over.
 */
const MOST_P99_MS = 100
const BUSY_MACHINE = 50

describe('a daemon under attack', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start({}, { descriptors: DESCRIPTORS })
    const image = await testImage('fn')
    await Promise.all(['honest', 'attacked'].map((service) => daemon.deploy({ service, image })))
    for (const name of ['honest', 'attacked']) assert.equal((await daemon.call(`${name}/id`)).status, 200)
  })
  after(() => daemon[Symbol.asyncDispose]())

  it('serves honest clients, the API and Docker, keeps its memory, and is as before when the attack ends', async (test) => {
    const url = `${daemon.url}/function/honest/id`
    const quiet = await honestDuring(url, () => sleep(QUIET_MS))
    const beforeBytes = await residentBytes(daemon.pid)
    const before = await openFiles(daemon.pid)
    const attack = await Attack.start(daemon.url, '/function/attacked')
    test.after(() => attack.stop())
    let attacked: HonestFigures | null = null
    const grownBytes = await peakGrowth(daemon.pid, async () => {
      attacked = await honestDuring(url, async () => {
        await sleep(ATTACK_MS)
        await eventually(() => attack.isThorough, 60_000, 'the attack did all that it is to do')
        await manage(daemon)
      })
    })
    const during = await metricsOf(daemon)
    await attack.stop()

    test.diagnostic(
      JSON.stringify({
        quiet: p99s(quiet),
        attacked: p99s(attacked ?? quiet),
        ...attack.figures,
        grownBytes,
      }),
    )
    assertHonest(attacked, quiet)
    assert.ok(grownBytes < MOST_GROWTH_BYTES, `grew by ${grownBytes} bytes`)
    assert.ok((during.get('sampan_edge_connections_evicted_total') ?? 0) > 0, 'nobody had to make room')
    await whenRecovered(before)
    assert.ok((await residentBytes(daemon.pid)) < beforeBytes + MOST_GROWTH_BYTES)
    await logIsShort()
  })

  async function whenRecovered(before: number): Promise<void> {
    const zeros = ['sampan_calls', 'sampan_edge_unfinished_head_bytes', 'sampan_edge_waiting_body_bytes']
    await eventually(
      async () => {
        const now = await metricsOf(daemon)
        // Ours to the metrics listener is none of the gateway's.
        return (now.get('sampan_edge_connections') ?? 99) <= 4 && zeros.every((name) => now.get(name) === 0)
      },
      20_000,
      'connections and calls of the attack are gone',
    )
    await eventually(
      async () => (await openFiles(daemon.pid)) < before + 20,
      20_000,
      'its descriptors are free',
    )
  }

  /** A line for each budget a minute, not one for each refusal. */
  async function logIsShort(): Promise<void> {
    const lines = (await daemon.log())
      .split('\n')
      .filter((line) => line.includes('"setting":"SAMPAN_MAX_CONNECTIONS'))
    assert.ok(lines.length >= 1, 'the log says that connections are full')
    assert.ok(lines.length <= 4 * (1 + ATTACK_MS / 60_000 + 2), lines.join('\n'))
  }
})

function assertHonest(attacked: HonestFigures | null, quiet: HonestFigures): void {
  assert.ok(attacked !== null)
  assert.deepEqual([...quiet.failed, ...attacked.failed].slice(0, 10), [])
  const quietMs = Math.max(...Object.values(p99s(quiet)))
  for (const [kind, ms] of Object.entries(p99s(attacked))) {
    const mostMs = MOST_P99_MS + BUSY_MACHINE * quietMs
    assert.ok(ms <= mostMs, `p99 of ${kind} is ${ms} ms, when quiet ${quietMs} ms`)
  }
}
