import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { deployShell, shell } from './shell-function.ts'

const CRASHES = new URL('../fixtures/crash-points.js', import.meta.url).href

/** Who is called back, and with what. */
class Caller {
  readonly received: { readonly status: string; readonly callId: string; readonly body: string }[] = []
  readonly #server = createServer((request, response) => {
    void this.#take(request).then(() => response.end())
  })

  static async start(): Promise<Caller> {
    const caller = new Caller()
    caller.#server.listen(0, '127.0.0.1')
    await once(caller.#server, 'listening')
    return caller
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/done`
  }

  async #take(request: IncomingMessage): Promise<void> {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
    const { 'x-function-status': status, 'x-call-id': callId } = request.headers
    this.received.push({ status: String(status), callId: String(callId), body })
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

/** How often the function may have run, and been called back for, at each point (async-scaling 1.10.8). */
const POINTS: readonly (readonly [point: string, runs: readonly number[], callbacks: readonly number[]])[] = [
  ['stored, not answered', [1], [1]],
  ['execution noted', [1], [1]],
  ['answer begun', [2], [1]],
  ['answered, end not noted', [2], [1]],
  ['callback stored', [2], [1]],
  ['end noted', [1], [1]],
  ['acknowledged', [1], [1]],
  ['callback delivered, not noted', [1], [2]],
]

const OF_FAILURES: typeof POINTS = [
  ['retry noted', [3], [1]],
  ['retry asked for', [3], [1]],
  ['dead letter stored', [3], [1]],
]

const SETTINGS = {
  SAMPAN_ASYNC: 'on',
  SAMPAN_ASYNC_MIN_WAIT: '100ms',
  SAMPAN_ASYNC_MAX_WAIT: '200ms',
  SAMPAN_ASYNC_ATTEMPTS: '3',
  SAMPAN_CALLBACK_ALLOW: '127.0.0.1',
}

describe('an asynchronous call, when the daemon is killed', { skip: await skipWithoutDocker() }, () => {
  for (const [point, runs, callbacks] of [...POINTS, ...OF_FAILURES]) {
    const fails = OF_FAILURES.some(([name]) => name === point)
    it(`is not lost at the point "${point}", and runs as often as is promised`, async () => {
      using caller = await Caller.start()
      await using daemon = await DaemonProcess.start({ ...SETTINGS, SAMPAN_TEST_CRASH: '' })
      await deployShell(daemon, { service: 'recorder', envVars: { exec_timeout: '20s' } })
      await shell(daemon, 'recorder', 'touch /tmp/runs')
      await daemon.end('SIGTERM')
      const before = await sessionsOf(daemon)
      await daemon.launch({ NODE_OPTIONS: `--import=${CRASHES}`, SAMPAN_TEST_CRASH: point })
      await daemon.whenHealthy()
      await eventually(async () => (await sessionsOf(daemon)) > before, 20_000, 'NATS is up')
      const script = `echo run >>/tmp/runs; echo said; ${fails ? 'exit 1' : 'exit 0'}`
      const headers = { 'x-callback-url': caller.url, 'x-call-id': 'the-call' }

      const accepted = await fetch(`${daemon.url}/async-function/recorder`, {
        method: 'POST',
        body: script,
        headers,
      }).catch(() => null)
      await daemon.ended()
      await daemon.launch()
      await daemon.whenHealthy()

      const [least = 1] = callbacks
      await eventually(() => caller.received.length >= least, 20_000, 'it is called back')
      // Its callback may be sent while it runs once more.
      await eventually(() => hasEnded(daemon), 20_000, 'the call has ended')
      assert.equal(accepted?.status ?? 0, point === 'stored, not answered' ? 0 : 202)
      const count = async (): Promise<number> => Number(await shell(daemon, 'recorder', 'wc -l </tmp/runs'))
      assert.ok(runs.includes(await count()), `it ran ${await count()} times`)
      assert.ok(callbacks.includes(caller.received.length), `called back ${caller.received.length} times`)
      assert.deepEqual(
        new Set(caller.received.map(({ status, callId }) => `${callId} ${status}`)),
        new Set([fails ? 'the-call 500' : 'the-call 200']),
      )
    })
  }
})

async function hasEnded(daemon: DaemonProcess): Promise<boolean> {
  const answer = await daemon.api('GET', '/system/async/calls/the-call')
  const calls = (await answer.json()) as readonly { readonly state: string }[]
  return calls.length > 0 && calls.every(({ state }) => ['succeeded', 'failed', 'dead'].includes(state))
}

/** Connections to NATS so far: what comes before one lies in the outbox, which is another way. */
async function sessionsOf(daemon: DaemonProcess): Promise<number> {
  return (await daemon.log()).split('"nats connected"').length - 1
}
