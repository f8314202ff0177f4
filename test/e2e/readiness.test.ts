import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage, type TestImage } from '../fixtures/images.ts'
import { DaemonProcess, type Deployment } from './daemon-process.ts'
import { Arrivals } from './load.ts'
import { EVERY_MS, MANY_MAY_WAIT, noneFails } from './transitions.ts'

/** From the start of the container to the moment at which its process listens. Its watchdog answers long before. */
const SLOW_START = { FN_START_DELAY: '2s' }

describe(
  'calls of a function whose process starts slowly behind its own watchdog',
  { skip: await skipWithoutDocker(), concurrency: true },
  () => {
    let daemon: DaemonProcess
    before(async () => {
      daemon = await DaemonProcess.start(MANY_MAY_WAIT)
    })
    after(() => daemon[Symbol.asyncDispose]())

    for (const [service, listen, call] of [
      ['inside', '127.0.0.1:8082', { method: 'GET' }],
      ['everywhere', ':8082', { method: 'POST', body: 'hello' }],
    ] as const) {
      it(`none fails in deploy, update, scale-up and wake, listening on ${listen}`, async () => {
        const deployment: Deployment = {
          service,
          image: await testImage('upstream-http'),
          envVars: { ...SLOW_START, FN_LISTEN: listen },
        }
        await noneFails(daemon, deployment, call)
      })
    }

    it('a restarted daemon finds a starting replica and waits for its process, too', async () => {
      await using restarted = await DaemonProcess.start(MANY_MAY_WAIT)
      await restarted.deploy({
        service: 'adopted',
        image: await testImage('upstream-http'),
        envVars: { FN_START_DELAY: '4s' },
      })
      await eventually(
        async () => (await restarted.containersOf('adopted')).length === 1,
        20_000,
        'it starts',
      )
      await restarted.end('SIGKILL')
      await restarted.launch()
      await restarted.whenHealthy()

      const arrivals = new Arrivals({ url: `${restarted.url}/function/adopted/id` }, EVERY_MS)
      await eventually(() => arrivals.calls > 50, 20_000, 'calls are answered')
      const { failed } = await arrivals.stop()

      assert.deepEqual(failed.slice(0, 5), [], `${failed.length} calls failed`)
    })
  },
)

describe('a function that cannot be reached', { skip: await skipWithoutDocker(), concurrency: true }, () => {
  let daemon: DaemonProcess
  before(async () => {
    daemon = await DaemonProcess.start({ SAMPAN_WAKE_TIMEOUT: '2s' })
  })
  after(() => daemon[Symbol.asyncDispose]())

  const cases: readonly (readonly [
    service: string,
    what: string,
    is: { readonly image: TestImage; readonly listen: string },
    reason: RegExp,
  ])[] = [
    [
      'hidden',
      'because it listens within its container only',
      { image: 'fn', listen: '127.0.0.1:8080' },
      /nothing accepts connections at port 8080 of the container: it listens on 127\.0\.0\.1:8080 only, .*let it listen on 0\.0\.0\.0:8080/,
    ],
    [
      'elsewhere',
      'because it listens at another port',
      { image: 'fn', listen: '0.0.0.0:3000' },
      /nothing accepts connections at port 8080 of the container: it listens on (?:0\.0\.0\.0|\[::\]):3000; let it/,
    ],
    [
      'behind',
      "because its process listens elsewhere than its image's watchdog looks for it",
      { image: 'upstream-http', listen: '127.0.0.1:3000' },
      /its process does not listen at port 8082 \(upstream_url\): it listens on 127\.0\.0\.1:3000/,
    ],
    [
      'ours',
      'because its process listens elsewhere than our watchdog looks for it',
      { image: 'fn-watchdog', listen: '127.0.0.1:3000' },
      /its process does not listen at port 8082 \(upstream_url\): it listens on 127\.0\.0\.1:3000/,
    ],
  ]
  for (const [service, what, is, reason] of cases) {
    it(`a function that cannot be reached ${what} says so in its status, once in the log, and in the 503 of a call`, async () => {
      await daemon.deploy({
        service,
        image: await testImage(is.image),
        envVars: { FN_LISTEN: is.listen },
      })

      await untilReason(daemon, service, reason)
      const logged = async (): Promise<number> =>
        (await daemon.log())
          .split('\n')
          .filter((line) => line.includes(`"fn":"${service}.`) && isComplaint(line, reason)).length
      await eventually(async () => (await logged()) === 1, 20_000, 'it is in the log')
      const answer = await daemon.call(service)
      const text = await answer.text()

      assert.equal(answer.status, 503)
      assert.match(text, reason)
      assert.doesNotMatch(text, /the gateway waited/, 'it is known that waiting does not help')
      assert.equal(await logged(), 1)
      await daemon.remove(service)
    })
  }

  it('a function that cannot be reached because it closes every connection says so, and not that nothing listens', async () => {
    const service = 'closes'
    await daemon.deploy({
      service,
      image: await testImage('closes'),
    })

    await untilReason(daemon, service, /closed without an answer/)
    const answer = await daemon.call(service)

    assert.equal(answer.status, 503)
    assert.match(await answer.text(), /GET \/_\/health: closed without an answer/)
    await daemon.remove(service)
  })
})

describe('a function without a watchdog', { skip: await skipWithoutDocker() }, () => {
  it('is ready with any answer, and tells how it died within a call', async () => {
    await using daemon = await DaemonProcess.start()
    // Says 503 to every question about its health.
    await daemon.deploy({
      service: 'odd',
      image: await testImage('fn'),
      envVars: { FN_HEALTH_DELAY: '1h' },
    })
    assert.equal((await daemon.call('odd/id')).status, 200)

    // The engine may be slow to tell of a death: then the sentence ends without it.
    await eventually(
      async () => {
        const answer = await daemon.call('odd/exit/7', { method: 'POST', body: 'once' })
        const text = await answer.text()
        assert.equal(answer.status, 502)
        assert.match(text, /closed the connection without answering/)
        return text.includes(': it exited with code 7')
      },
      30_000,
      'a call tells the exit code',
    )
  })
})

async function untilReason(daemon: DaemonProcess, service: string, reason: RegExp): Promise<void> {
  await eventually(
    async () => {
      const answer = await daemon.api('GET', `/system/function/${service}`)
      const { status } = (await answer.json()) as { readonly status?: { readonly reason: string } }
      return reason.test(status?.reason ?? '')
    },
    30_000,
    `the status of ${service} says ${String(reason)}`,
  )
}

function isComplaint(line: string, reason: RegExp): boolean {
  if (!line.includes('"replica not ready"')) return false
  const { reason: said } = JSON.parse(line) as { readonly reason: string }
  return reason.test(said)
}
