import assert from 'node:assert/strict'
import { request } from 'node:http'
import { describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { residentBytes } from '../fixtures/process-usage.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { eventually } from '../fakes/eventually.ts'

const FOLLOWERS = 500
/** The project promises this for a minute; the daily run takes less. */
const RUN_MS = Number(process.env['LOG_FOLLOWERS_MS'] ?? 5_000)
const LINES_EACH = Number(process.env['LOG_FOLLOWERS_LINES'] ?? 20)
const SAY_EVERY_MS = 100
/** Promised: what the daemon may take of memory (150 MiB). */
const MOST_BYTES = 150 * 1024 * 1024

describe('hundreds of log followers', { skip: await skipWithoutDocker() }, () => {
  it(`hundreds of log followers leave the daemon below 150 MB and other functions answering: ${FOLLOWERS} for ${RUN_MS} ms`, async (test) => {
    await using daemon = await DaemonProcess.start()
    const image = await testImage('fn')
    await daemon.deploy({ service: 'chatty', image })
    await daemon.deploy({ service: 'other', image })
    assert.equal((await daemon.call('chatty/id')).status, 200)
    assert.equal((await daemon.call('other/id')).status, 200)
    const alone = await callTimes(daemon, 1_000)
    const before = await residentBytes(daemon.pid)

    const crowd = new Crowd(daemon.url, await daemon.authorization())
    const over = new AbortController()
    const talking = talk(daemon, over.signal)
    await eventually(() => crowd.fewestBytes > 0, 20_000, 'every follower has read a line')
    const watching = mostBytes(daemon.pid, over.signal)
    const crowded = await callTimes(daemon, RUN_MS)
    over.abort()
    const [most, said] = [await watching, await talking]
    crowd.leave()
    await eventually(() => crowd.open === 0, 10_000, 'the daemon has let the followers go')

    const figures = { before, most, said, fewestBytes: crowd.fewestBytes, alone, crowded }
    test.diagnostic(JSON.stringify(figures))
    assert.ok(most < MOST_BYTES, `${Math.round(most / 1_048_576)} MB`)
    assert.equal(crowd.broken, 0)
    assert.deepEqual(crowded.failed, [])
    assert.ok(crowded.calls > 0)
    assert.equal((await daemon.call('other/id')).status, 200)
  })
})

interface CallTimes {
  readonly calls: number
  readonly medianMs: number
  readonly worstMs: number
  readonly failed: readonly number[]
}

/** Calls `other` one call after the other for that long. */
async function callTimes(daemon: DaemonProcess, forMs: number): Promise<CallTimes> {
  const times: number[] = []
  const failed: number[] = []
  const endMs = performance.now() + forMs
  while (performance.now() < endMs) {
    const startMs = performance.now()
    const answer = await daemon.call('other/id')
    await answer.arrayBuffer()
    if (answer.status !== 200) failed.push(answer.status)
    times.push(performance.now() - startMs)
    await sleep(10)
  }
  const sorted = times.toSorted((a, b) => a - b)
  const at = (share: number) => Number((sorted[Math.floor(share * (sorted.length - 1))] ?? 0).toFixed(1))
  return { calls: times.length, medianMs: at(0.5), worstMs: at(1), failed }
}

/** Has the chatty function write lines until `signal` aborts; answers how many. */
async function talk(daemon: DaemonProcess, signal: AbortSignal): Promise<number> {
  let said = 0
  while (!signal.aborted) {
    await daemon.call(`chatty/log?stdout=${'x'.repeat(100)}&n=${LINES_EACH}`)
    said += LINES_EACH
    await sleep(SAY_EVERY_MS)
  }
  return said
}

async function mostBytes(pid: number, signal: AbortSignal): Promise<number> {
  let most = 0
  while (!signal.aborted) {
    most = Math.max(most, await residentBytes(pid))
    await sleep(100)
  }
  return most
}

/** Follows the chatty function over as many connections; reads everything, keeps nothing. */
class Crowd {
  readonly #bytes = Array.from({ length: FOLLOWERS }, () => 0)
  readonly #requests
  #isLeaving = false
  open = 0
  broken = 0

  constructor(url: string, authorization: string) {
    this.#requests = this.#bytes.map((_, at) => {
      const asked = request(`${url}/system/logs?name=chatty&follow=true&tail=10`, {
        headers: { authorization },
        agent: false,
      })
      asked.on('response', (answer) => {
        this.open += 1
        answer.on('data', (chunk: Buffer) => (this.#bytes[at] = (this.#bytes[at] ?? 0) + chunk.length))
        answer.on('error', () => {})
        answer.on('close', () => {
          this.open -= 1
          if (!this.#isLeaving) this.broken += 1
        })
      })
      asked.on('error', () => {
        if (!this.#isLeaving) this.broken += 1
      })
      asked.end()
      return asked
    })
  }

  get fewestBytes(): number {
    return Math.min(...this.#bytes)
  }

  leave(): void {
    this.#isLeaving = true
    for (const asked of this.#requests) asked.destroy()
  }
}
