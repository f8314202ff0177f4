import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { Random } from '../integration/random.ts'
import { CallbackReceiver } from './callback-receiver.ts'
import { DaemonProcess } from './daemon-process.ts'
import { killNats, messagesIn } from './own-nats.ts'
import { deployShell, shell } from './shell-function.ts'

const CALLS = Number(process.env['SAMPAN_TEST_ASYNC_CALLS'] ?? 600)
/** Of the daemon, and as many of its nats-server. */
const KILLS = Number(process.env['SAMPAN_TEST_ASYNC_KILLS'] ?? 3)
const SEED = Number(process.env['SAMPAN_TEST_SEED'] ?? 4711)

const CLIENTS = 32
const FUNCTIONS = ['recorder', 'writer'] as const
const LARGE = 300_000
const PATIENCE_MS = 60_000 + 20 * CALLS

const SETTINGS = {
  SAMPAN_ASYNC: 'on',
  // One replica of each: the record lies in it.
  SAMPAN_AUTOSCALER: 'off',
  SAMPAN_ASYNC_MIN_WAIT: '100ms',
  SAMPAN_ASYNC_MAX_WAIT: '500ms',
  // A call that was killed as often is not to die of that.
  SAMPAN_ASYNC_ATTEMPTS: '100',
  SAMPAN_CALLBACK_ALLOW: '127.0.0.1',
}

/** What a call does: notes that it ran, and some fail once, bring much or answer much. */
function scriptOf(id: string, at: number): string {
  const note = `echo ${id} >>/tmp/runs`
  if (at % 10 === 3) return `${note}; [ -e /tmp/${id} ] || { : >/tmp/${id}; exit 1; }`
  if (at % 50 === 7) return `${note} # ${'x'.repeat(LARGE)}`
  if (at % 50 === 32) return `${note}; head -c ${LARGE} /dev/zero`
  return note
}

/** Sends calls until as many have been acknowledged. */
class Senders {
  readonly acknowledged: string[] = []
  readonly refused = new Map<string, number>()
  readonly #daemon: DaemonProcess
  readonly #callback: string
  #sent = 0

  constructor(daemon: DaemonProcess, callback: string) {
    this.#daemon = daemon
    this.#callback = callback
  }

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: CLIENTS }, () => this.#client()))
  }

  async #client(): Promise<void> {
    while (this.acknowledged.length < CALLS) {
      // One that was not acknowledged is given up: nobody knows whether it runs.
      await eventually(() => this.#send(), PATIENCE_MS, 'a call is accepted')
    }
  }

  async #send(): Promise<boolean> {
    const at = (this.#sent += 1)
    const id = `call-${at}`
    const outcome = await fetch(`${this.#daemon.url}/async-function/${FUNCTIONS[at % 2]}`, {
      method: 'POST',
      body: scriptOf(id, at),
      headers: { 'x-call-id': id, 'x-callback-url': this.#callback },
    }).then(
      async (answer) => `${answer.status} ${await answer.text()}`.trim(),
      () => 'broken off',
    )
    if (outcome === '202') this.acknowledged.push(id)
    else this.refused.set(outcome, (this.refused.get(outcome) ?? 0) + 1)
    return outcome === '202'
  }
}

describe(
  'a queue whose daemon and nats-server are killed again and again',
  {
    skip: await skipWithoutDocker(),
  },
  () => {
    it('makes each acknowledged call at least once, tells of each, and leaves nothing behind', async (test) => {
      using receiver = await CallbackReceiver.start()
      await using daemon = await DaemonProcess.start(SETTINGS)
      for (const service of FUNCTIONS)
        await deployShell(daemon, { service, envVars: { exec_timeout: '20s' } })
      const senders = new Senders(daemon, receiver.url)
      const { acknowledged } = senders

      const killing = killAtMoments(daemon, () => acknowledged.length + receiver.times.size)
      await Promise.all([senders.run(), killing]).catch(async (cause: unknown) => {
        const untold = acknowledged.filter((id) => !receiver.times.has(id))
        throw new Error(`${String(cause)}, not told of: ${await factsOf(daemon, untold)}`, { cause })
      })
      const isTold = (): boolean => acknowledged.every((id) => receiver.times.has(id))
      await eventually(isTold, PATIENCE_MS, 'each acknowledged call is told of').catch(
        async (cause: unknown) => {
          const untold = acknowledged.filter((id) => !receiver.times.has(id))
          throw new Error(`not told of: ${await factsOf(daemon, untold)}`, { cause })
        },
      )
      const runs = await runsOf(daemon)
      report(test, { senders, runs, receiver })

      assert.deepEqual(
        acknowledged.filter((id) => !runs.has(id)),
        [],
      )
      assert.deepEqual([...receiver.statuses.keys()], ['200'], await givenUp(daemon))
      // What a killed process left unfinished is removed by the next one.
      assert.equal(await daemon.end('SIGTERM'), 0)
      await daemon.launch()
      await daemon.whenHealthy()
      let left = ''
      const isEmpty = async (): Promise<boolean> => (left = await leftOf(daemon)) === ''
      await eventually(isEmpty, PATIENCE_MS, 'nothing is left').catch((error: unknown) => {
        throw new Error(`left: ${left}`, { cause: error })
      })
    })
  },
)

/** Kills one or the other, each time that the calls have come as far as chance wants it. */
async function killAtMoments(daemon: DaemonProcess, progress: () => number): Promise<void> {
  const random = new Random(SEED)
  const moments = Array.from({ length: 2 * KILLS }, (_, at) => ({
    // The last ones are for what waits when nobody sends any more.
    at: random.below(2 * CALLS - CLIENTS),
    isNats: at % 2 === 1,
  })).toSorted((one, other) => one.at - other.at)
  for (const { at, isNats } of moments) {
    await eventually(() => progress() >= at, PATIENCE_MS, `${at} steps are done`)
    if (isNats) await killNats(daemon)
    else {
      await daemon.end('SIGKILL')
      await daemon.launch()
      await daemon.whenHealthy()
    }
  }
}

/** How often each call ran, by the record of the functions themselves. */
async function runsOf(daemon: DaemonProcess): Promise<ReadonlyMap<string, number>> {
  const runs = new Map<string, number>()
  for (const fn of FUNCTIONS) {
    const ids = (await shell(daemon, fn, 'cat /tmp/runs')).trim().split('\n')
    for (const id of ids) runs.set(id, (runs.get(id) ?? 0) + 1)
  }
  return runs
}

/** What there is still in the streams, the outbox and the spool; empty: nothing. */
async function leftOf(daemon: DaemonProcess): Promise<string> {
  const files = await readdir(join(daemon.dataDir, 'spool'))
  const messages = Object.entries(await messagesIn(daemon)).filter(([, count]) => count > 0)
  return [...messages.map(([stream, count]) => `${count} in ${stream}`), ...files].join(', ').slice(0, 1_000)
}

/** What is known of calls, for whoever has to find out what became of them. */
async function factsOf(daemon: DaemonProcess, ids: readonly string[]): Promise<string> {
  const shown = ids.slice(0, 3)
  const states = await Promise.all(
    shown.map(async (id) => (await daemon.api('GET', `/async-function/${id}`)).text()),
  )
  const lines = (await daemon.log()).split('\n').filter((line) => shown.some((id) => line.includes(id)))
  const left = await leftOf(daemon).catch(String)
  return [
    `${ids.length} calls`,
    ...states,
    `left: ${left}`,
    ...lines,
    ...(await daemon.log()).split('\n').slice(-30),
  ].join('\n')
}

async function givenUp(daemon: DaemonProcess): Promise<string> {
  const lines = (await daemon.log()).split('\n').filter((line) => line.includes('call given up'))
  return lines.slice(0, 10).join('\n')
}

function report(
  test: TestContext,
  {
    senders,
    runs,
    receiver,
  }: { senders: Senders; runs: ReadonlyMap<string, number>; receiver: CallbackReceiver },
): void {
  const { acknowledged, refused } = senders
  const wanted = (id: string): number => (Number(id.slice('call-'.length)) % 10 === 3 ? 2 : 1)
  const more = acknowledged.filter((id) => (runs.get(id) ?? 0) > wanted(id)).length
  const toldTwice = [...receiver.times.values()].filter((times) => times > 1).length
  test.diagnostic(
    `seed ${SEED}: ${acknowledged.length} acknowledged; daemon and nats-server killed ${KILLS} times each`,
  )
  test.diagnostic(`ran once more than needed: ${more}; told of more than once: ${toldTwice}`)
  for (const [outcome, times] of refused)
    test.diagnostic(`not accepted, ${times} times: ${outcome.slice(0, 200)}`)
}
