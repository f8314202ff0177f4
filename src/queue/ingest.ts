import { randomUUID } from 'node:crypto'
import type { AckPolicy } from '@nats-io/jetstream'
import type { Clock } from '../clock.ts'
import { hasCode, messageOf } from '../core/errors.ts'
import type { Log } from '../log.ts'
import { Background } from '../work/background.ts'
import { TurnEnd } from '../work/turn-end.ts'
import type { Accepted, AsyncRequest } from '../core/calls/async-request.ts'
import { readFaasRequest } from './job/faas-request.ts'
import { headerOf } from './job/verdict.ts'
import { INGEST_STREAM, INGEST_SUBJECT } from './job/subjects.ts'
import { Puller } from './run/lanes/puller.ts'
import { Receipt } from './run/lanes/receipt.ts'
import type { QueueLink, QueueSession } from './session.ts'

export interface IngestOptions {
  readonly link: QueueLink
  readonly accept: (request: AsyncRequest) => Promise<Accepted>
  readonly clock: Clock
  readonly log: Log
}

const CONSUMER = 'sampan-ingest'
const BATCH = 32
const IDLE_MS = 1_000
const BUSY_MS = 5
const ACK_WAIT_NS = 60_000_000_000
const RETRY_MS = 5_000

/**
 * Calls that other programs publish in OpenFaaS's own form (http-api 9.2). Each is accepted as one that came by
 * HTTP, and only then acknowledged; one that could never be accepted is dropped with a line in the log, as
 * OpenFaaS's worker does.
 */
export class Ingest {
  readonly #options: IngestOptions
  readonly #background: Background
  readonly #turnEnd = new TurnEnd()
  #puller: Puller | null = null
  #unwatch = (): void => {}
  #cancel = (): void => {}
  #pulls = 0
  #isStopping = false

  constructor(options: IngestOptions) {
    this.#options = options
    this.#background = new Background(options.log)
  }

  start(): void {
    const { link } = this.#options
    this.#unwatch = link.watch((session) => this.#connected(session))
    this.#connected(link.session)
  }

  halt(): void {
    this.#isStopping = true
    this.#unwatch()
    this.#cancel()
    this.#puller?.close()
    this.#puller = null
  }

  async stop(): Promise<void> {
    this.halt()
    await this.#background.settled()
  }

  #connected(session: QueueSession | null): void {
    this.#puller?.close()
    this.#puller = null
    this.#cancel()
    if (session === null || this.#isStopping) return
    this.#background.run('take calls of other programs', () => this.#open(session))
  }

  async #open(session: QueueSession): Promise<void> {
    const { log, clock, link } = this.#options
    try {
      // It acknowledged what it keeps: only a new consumer delivers that again (jetstream.md, 4).
      if (session.hadWriteError)
        await session.jsm.consumers.delete(INGEST_STREAM, CONSUMER).catch(() => false)
      await session.jsm.consumers.add(INGEST_STREAM, {
        durable_name: CONSUMER,
        ack_policy: 'explicit' as AckPolicy,
        ack_wait: ACK_WAIT_NS,
        max_deliver: -1,
        max_ack_pending: 1_000,
      })
    } catch (error) {
      log.warn('calls of other programs are not taken, will retry', { reason: messageOf(error) })
      this.#cancel = clock.after(RETRY_MS, () => this.#connected(link.session))
      return
    }
    if (link.session !== session || this.#isStopping) return
    this.#puller = new Puller(session, INGEST_STREAM, {
      onMessage: ({ data, reply }) => this.#received(data, reply),
      onEnd: () => this.#pullIn(IDLE_MS),
    })
    this.#pullIn(0)
  }

  #pullIn(ms: number): void {
    this.#cancel()
    this.#cancel = this.#options.clock.after(ms, () => {
      this.#pulls += 1
      this.#puller?.pull(CONSUMER, String(this.#pulls), BATCH)
      // Also after a pull whose end nobody tells: a full batch has none.
      this.#pullIn(IDLE_MS)
    })
  }

  #received(data: Uint8Array, reply: string): void {
    const receipt = new Receipt(this.#options.link, reply, this.#turnEnd)
    if (receipt.facts.pending > 0) this.#pullIn(BUSY_MS)
    this.#background.run('take a call of another program', () => this.#take(data, receipt))
  }

  async #take(data: Uint8Array, receipt: Receipt): Promise<void> {
    const { accept, clock, log } = this.#options
    try {
      await accept({ ...requestOf(data, clock.wall()), source: sourceOf(receipt) })
    } catch (error) {
      const isHopeless =
        hasCode(error, 'invalid') || hasCode(error, 'not-found') || hasCode(error, 'too-large')
      if (!isHopeless) {
        receipt.later(RETRY_MS)
        return
      }
      log.warn('call of another program dropped', { reason: messageOf(error) })
    }
    await receipt.done()
  }
}

/** A message that is delivered again, because we ended before its acknowledgement, is the same call. */
function sourceOf({ facts: { sequence, storedAt } }: Receipt): string {
  return `${INGEST_SUBJECT} ${sequence} ${storedAt}`
}

function requestOf(data: Uint8Array, nowMs: number): AsyncRequest {
  const call = readFaasRequest(data)
  const { rawHeaders, callback } = call
  const withoutCallback = rawHeaders.filter(
    (_text, at) => rawHeaders[at - (at % 2)]?.toLowerCase() !== 'x-callback-url',
  )
  return {
    fn: call.fn,
    // OpenFaaS's worker sends POST, whatever the message says.
    method: 'POST',
    path: call.path,
    rawHeaders: callback === null ? withoutCallback : [...withoutCallback, 'X-Callback-Url', callback],
    body: call.body,
    length: call.body?.length ?? 0,
    callId: headerOf(rawHeaders, 'x-call-id') || randomUUID(),
    startTime: headerOf(rawHeaders, 'x-start-time') || `${Math.floor(nowMs)}000000`,
    forwardedFor: null,
    forwardedHost: call.host,
    queue: call.queue,
  }
}
