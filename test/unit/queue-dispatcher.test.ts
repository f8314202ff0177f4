import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { CALLS_PREFIX, subjectOf } from '../../src/queue/job/subjects.ts'
import { Dispatcher, type DispatcherOptions } from '../../src/queue/run/lanes/dispatcher.ts'
import { Receipt } from '../../src/queue/run/lanes/receipt.ts'
import { TurnEnd } from '../../src/work/turn-end.ts'
import type { QueueSession } from '../../src/queue/session.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const LANE = { queue: 'faas-request', fn: functionName('echo') }
const OTHER = { queue: 'faas-request', fn: functionName('other') }

/** Number of the last message that was queued. */
let sequence = 0

interface Sent {
  readonly subject: string
  readonly data: string
  readonly reply: string
}

/** A server that a test speaks for, word by word. */
class FakeServer {
  readonly sent: Sent[] = []
  readonly done: string[] = []
  readonly counts: Record<string, number> = {}
  readonly missing = new Set<string>()
  /** What the next count has seen last, and what happens before its answer comes. */
  lastSequence = 0
  beforeCount: () => void = () => {}
  #deliver: (error: null, message: object) => void = () => {}

  session(hadWriteError = false): QueueSession {
    const consumerOf = (name: string): string => name
    return {
      nc: {
        subscribe: (_subject: string, { callback }: { callback: (error: null, message: object) => void }) => {
          this.#deliver = callback
          return { unsubscribe: () => {} }
        },
        publish: (subject: string, data: string, options: { reply?: string } = {}) =>
          this.sent.push({ subject, data, reply: options.reply ?? '' }),
      },
      js: {},
      jsm: {
        consumers: {
          add: async (_stream: string, config: { durable_name: string }) => {
            this.done.push(`add ${consumerOf(config.durable_name)}`)
            this.missing.delete(config.durable_name)
          },
          list: async function* () {},
          delete: async (_stream: string, name: string) => this.done.push(`delete ${name}`),
          info: async (_stream: string, name: string) => {
            if (this.missing.has(name)) throw Object.assign(new Error('consumer not found'), { code: 10014 })
            return { num_pending: 1, num_ack_pending: 0 }
          },
        },
        streams: {
          info: async () => {
            this.beforeCount()
            return { state: { subjects: { ...this.counts }, last_seq: this.lastSequence } }
          },
        },
      },
      hadWriteError,
    } as unknown as QueueSession
  }

  pulls(): readonly Sent[] {
    return this.sent.filter(({ subject }) => subject.startsWith('$JS.API.CONSUMER.MSG.NEXT.'))
  }

  /** The end of the last pull: there is nothing. */
  endPull(): void {
    const subject = this.pulls().at(-1)?.reply
    this.#deliver(null, { subject, data: new Uint8Array(0), headers: { code: 404 } })
  }

  message(subject: string, pending: number): void {
    const reply = `$JS.ACK.FAAS_ASYNC.c.1.7.1.1700000000000000000.${pending}`
    this.#deliver(null, { subject, reply, data: new Uint8Array(0) })
  }
}

function rigOf({ isUp = true, ...given }: Partial<DispatcherOptions> & { isUp?: boolean } = {}) {
  const clock = new FakeClock()
  const server = new FakeServer()
  let listener: (session: QueueSession | null) => void = () => {}
  const link = {
    session: isUp ? server.session() : null,
    watch: (told: typeof listener) => {
      listener = told
      return () => {}
    },
    status: () => ({ reason: '' }),
    diskReason: () => '',
    suspectWrites: () => {},
  }
  const reconnect = (session: QueueSession): void => {
    link.session = session
    listener(session)
  }
  const dispatcher = new Dispatcher({
    stream: 'FAAS_ASYNC',
    prefix: CALLS_PREFIX,
    ackWaitMs: 60_000,
    most: 10,
    link,
    clock,
    log: new RecordingLog(),
    limitOf: () => 10,
    queueLimit: () => 10,
    isPaused: () => false,
    handle: () => Promise.resolve(),
    ...given,
  })
  return { clock, server, dispatcher, reconnect }
}

describe('the dispatcher of calls', () => {
  it('pulls once more for what was queued while a pull looked', async () => {
    const { clock, server, dispatcher } = rigOf()
    dispatcher.start()
    dispatcher.queued(LANE, (sequence += 1))
    await clock.advance(10)
    assert.equal(server.pulls().length, 1)

    dispatcher.queued(LANE, (sequence += 1))
    server.endPull()
    await clock.advance(10)
    assert.equal(server.pulls().length, 2)
    server.endPull()
    await clock.advance(1_000)

    assert.equal(server.pulls().length, 2)
    await dispatcher.stop()
  })

  it('pulls once more for what was queued before an older message came, which knows of none', async () => {
    const { clock, server, dispatcher } = rigOf({ limitOf: () => 1 })
    dispatcher.start()
    dispatcher.queued(LANE, (sequence += 1))
    await clock.advance(10)

    dispatcher.queued(LANE, (sequence += 1))
    server.message(subjectOf(CALLS_PREFIX, LANE), 0)
    await clock.advance(10)

    assert.equal(server.pulls().length, 2)
    await dispatcher.stop()
  })

  it('counts a message once, whether the count of the stream or its own answer comes first', async () => {
    const { clock, server, dispatcher } = rigOf({ isPaused: () => true })
    dispatcher.start()
    await clock.advance(10)
    server.counts[subjectOf(CALLS_PREFIX, LANE)] = 2
    server.lastSequence = 102
    server.beforeCount = () => {
      dispatcher.queued(LANE, 101)
      dispatcher.queued(LANE, 103)
    }

    await clock.advance(5_100)
    server.beforeCount = () => {}
    dispatcher.queued(LANE, 102)
    dispatcher.queued(LANE, 104)

    assert.equal(dispatcher.backlog(LANE), 4)
    await dispatcher.stop()
  })

  it('counts what another server stores, whose numbers begin again', async () => {
    const { clock, server, dispatcher, reconnect } = rigOf({ isPaused: () => true })
    server.lastSequence = 500
    dispatcher.start()
    await clock.advance(10)
    const anew = server.session()
    server.lastSequence = 0

    reconnect(anew)
    dispatcher.queued(LANE, 1)
    await clock.advance(10)

    assert.equal(dispatcher.backlog(LANE), 1)
    await dispatcher.stop()
  })

  it('gives back at once what it did not ask for', async () => {
    const { clock, server, dispatcher } = rigOf()
    dispatcher.start()
    await clock.advance(10)

    server.message(subjectOf(CALLS_PREFIX, LANE), 0)

    assert.deepEqual(
      server.sent.map(({ data }) => data),
      ['-NAK'],
    )
    await dispatcher.stop()
  })

  it('takes its places back from a pull that nobody answers', async () => {
    const { clock, server, dispatcher } = rigOf({ most: 1 })
    server.counts[subjectOf(CALLS_PREFIX, LANE)] = 1
    dispatcher.start()
    dispatcher.queued(LANE, (sequence += 1))
    await clock.advance(14_000)
    assert.equal(server.pulls().length, 1)

    await clock.advance(10_000)

    assert.equal(server.pulls().length, 2)
    await dispatcher.stop()
  })

  it('sets no timer that Node would let ring at once, however late a call is due', async () => {
    const clock = new FakeClock()
    const asked: number[] = []
    const after = clock.after.bind(clock)
    clock.after = (ms, action) => {
      asked.push(ms)
      return after(ms, action)
    }
    const { dispatcher } = rigOf({ clock, isUp: false })

    dispatcher.dueAt(LANE, clock.wall() + 30 * 24 * 3_600_000)
    await clock.advance(600_000)

    assert.ok(asked.length >= 10 && asked.every((ms) => ms <= 2 ** 31 - 1))
    await dispatcher.stop()
  })

  it('goes on with all lanes when somebody removed the consumer of one', async () => {
    const { clock, server, dispatcher } = rigOf()
    const name = 'q_faas-request__openfaas-fn__echo'
    dispatcher.start()
    dispatcher.queued(LANE, (sequence += 1))
    await clock.advance(10)
    server.endPull()
    server.missing.add(name)
    server.counts[subjectOf(CALLS_PREFIX, LANE)] = 1
    server.counts[subjectOf(CALLS_PREFIX, OTHER)] = 1
    server.done.length = 0

    await clock.advance(5_100)

    assert.deepEqual(server.done.filter((done) => done.startsWith('add')).toSorted(), [
      `add ${name}`,
      'add q_faas-request__openfaas-fn__other',
    ])
    await dispatcher.stop()
  })

  it('makes each consumer anew, once, after the server has lied about acknowledgements', async () => {
    const { clock, server, dispatcher, reconnect } = rigOf()
    const name = 'q_faas-request__openfaas-fn__echo'
    dispatcher.start()
    dispatcher.queued(LANE, (sequence += 1))
    await clock.advance(10)
    server.endPull()

    for (const [hadWriteError, done] of [
      [false, [`add ${name}`]],
      [true, [`delete ${name}`, `add ${name}`]],
    ] as const) {
      server.done.length = 0
      reconnect(server.session(hadWriteError))
      for (let time = 0; time < 2; time += 1) {
        dispatcher.queued(LANE, (sequence += 1))
        await clock.advance(10)
        server.endPull()
      }
      assert.deepEqual(server.done, done)
    }
    await dispatcher.stop()
  })
})

describe('a receipt', () => {
  it('a receipt of a connection that is closing says nothing, and does not throw', () => {
    const session = { nc: { publish: () => assert.fail('closed') } } as unknown as QueueSession
    const link = {
      session,
      watch: () => () => {},
      status: () => ({ reason: '' }),
      diskReason: () => '',
      suspectWrites: () => {},
    }
    const receipt = new Receipt(link, '$JS.ACK.S.C.1.2.3.4.5', new TurnEnd())

    receipt.working()
    receipt.later(0)
    receipt.later(1_000)
  })
})
