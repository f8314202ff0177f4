import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

/** EX_SOFTWARE of sysexits. */
const INTERNAL_FAILURE = 70

const FAULTS = new URL('../fixtures/fault-injection.js', import.meta.url).href

describe('a failure that nobody expected', { skip: await skipWithoutDocker() }, () => {
  for (const [what, signal, words] of [
    ['an exception', 'SIGUSR2', 'injected exception'],
    ['a rejected promise', 'SIGHUP', 'injected rejection'],
  ] as const) {
    it(`ends the daemon at once after ${what}, calls or not, and its containers run on`, async () => {
      await using daemon = await DaemonProcess.start({ NODE_OPTIONS: `--import=${FAULTS}` })
      await daemon.deploy({ service: 'kept', image: await testImage('fn') })
      assert.equal((await daemon.call('kept/id')).status, 200)
      const containers = await daemon.containers('running')
      // A drain would wait for it, and it would be answered.
      const call = daemon.call('kept/sleep/15s').then(
        ({ status }) => `answered with ${status}`,
        () => 'cut',
      )
      await eventually(async () => (await inFlight(daemon)) === 1, 5_000, 'the call is under way')

      process.kill(daemon.pid, signal)

      assert.equal(await daemon.ended(), INTERNAL_FAILURE)
      assert.equal(await call, 'cut')
      await canListen(Number(new URL(daemon.url).port))
      const line = (await daemon.log()).split('\n').find((text) => text.includes('unexpected failure')) ?? ''
      const { level, err } = JSON.parse(line) as { readonly level: string; readonly err: string }
      assert.equal(level, 'error')
      assert.ok(err.includes(words) && err.includes('fault-injection'), err)
      assert.deepEqual(await daemon.containers('running'), containers)

      await daemon.launch()
      await daemon.whenHealthy()
      await eventually(
        async () => (await daemon.call('kept/id')).status === 200,
        10_000,
        'it is served again',
      )
      assert.deepEqual(await daemon.containers('running'), containers)
    })
  }
})

async function inFlight(daemon: DaemonProcess): Promise<number> {
  const text = await (await fetch(`${daemon.metricsUrl}/metrics`)).text()
  return Number(/^sampan_calls (\d+)$/m.exec(text)?.[1])
}

/** Throws when something still holds the port. */
async function canListen(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1')
  await once(server, 'listening')
  server.close()
  await once(server, 'close')
}
