import { asyncAnnotations } from '../core/calls/async-annotations.ts'
import { messageOf } from '../core/errors.ts'
import { FINAL_STATES } from '../core/calls/queued-call.ts'
import { Acceptor } from './accept/acceptor.ts'
import { BodyReader } from './accept/body-reader.ts'
import { Outbox } from './accept/outbox.ts'
import type { QueueFigures } from './figures.ts'
import { Ingest } from './ingest.ts'
import { messageOfJob } from './job/job-records.ts'
import {
  CALLBACKS_PREFIX,
  CALLBACKS_STREAM,
  CALLS_PREFIX,
  CALLS_STREAM,
  type LaneName,
} from './job/subjects.ts'
import { LostCalls } from './lost-calls.ts'
import { DeadLetters } from './manage/dead-letters.ts'
import { Publisher } from './publisher.ts'
import type { QueueOptions } from './queue-options.ts'
import { CallbackRunner } from './run/callback-runner.ts'
import { Dispatcher } from './run/lanes/dispatcher.ts'
import { JobRunner } from './run/job-runner.ts'
import type { Lane } from './run/lanes/lane.ts'
import type { Undecodable } from './run/runner-options.ts'
import { Spool } from './spool.ts'
import { Strays } from './strays.ts'
import { mostMessageBytes } from './streams.ts'

/** Callbacks sent at a time, of all functions and of one. */
const MOST_CALLBACKS = 32
const MOST_CALLBACKS_OF_ONE = 8

/** Another release may know what to do with such a message. */
const UNDECODABLE_MS = 3_600_000

/** The wiring diagram of the queue: builds its parts and plugs their ports. Decides nothing. */
export class QueueParts {
  readonly spool: Spool
  readonly publisher: Publisher
  readonly paused: Set<string>
  readonly outbox: Outbox
  readonly acceptor: Acceptor
  readonly calls: Dispatcher
  readonly callbacks: Dispatcher
  readonly runner: JobRunner
  readonly callbackRunner: CallbackRunner
  readonly ingest: Ingest
  readonly deadLetters: DeadLetters
  readonly strays: Strays
  readonly lostCalls: LostCalls
  readonly #options: QueueOptions
  readonly #figures: QueueFigures

  constructor(options: QueueOptions, figures: QueueFigures) {
    const { book, link, limits, clock, log } = options
    this.#options = options
    this.#figures = figures
    this.spool = new Spool(options.spoolDir, limits.spoolBytes)
    this.publisher = new Publisher(link)
    this.paused = new Set(book.pausedQueues())
    this.runner = this.#makeRunner()
    this.calls = this.#makeCalls()
    this.callbackRunner = this.#makeCallbackRunner()
    this.callbacks = this.#makeCallbacks()
    this.outbox = this.#makeOutbox()
    const { publisher, spool } = this
    const onQueued = (lane: LaneName, sequence: number): void => {
      figures.acceptedIn(lane.queue)
      this.calls.queued(lane, sequence)
    }
    this.lostCalls = new LostCalls({ book, clock, log, isActive: (id) => this.runner.isActive(id) })
    this.deadLetters = new DeadLetters({ book, link, publisher, spool, clock, log, onQueued })
    this.strays = new Strays({ book, spool, deadLetters: this.deadLetters })
    this.acceptor = this.#makeAcceptor()
    this.ingest = new Ingest({ link, accept: (request) => this.acceptor.accept(request), clock, log })
  }

  #makeRunner(): JobRunner {
    const { ports, book, limits, clock, log, random } = this.#options
    const { publisher, spool } = this
    return new JobRunner({
      ports: {
        invoke: (call, sink) => ports.invoke(call, sink),
        annotations: (fn) => ports.target(fn)?.annotations,
        capacity: (fn) => ({ replicas: ports.readyReplicas(fn), perReplica: ports.perReplica(fn) }),
        dueAt: (lane, atMs) => this.calls.dueAt(lane, atMs),
        removed: (lane) => this.calls.removed(lane),
        onCallback: (lane, sequence) => this.callbacks.queued(lane, sequence),
        onExecuted: ({ queue }, verdict) => this.#figures.executedIn(queue, verdict),
        onDead: (reason) => this.#figures.died(reason),
        onUndecodable: (message) => this.#undecodable(message),
      },
      book,
      publisher,
      spool,
      limits,
      clock,
      log,
      ...(random !== undefined && { random }),
    })
  }

  #makeCalls(): Dispatcher {
    const { limits, link, clock, log } = this.#options
    return new Dispatcher({
      stream: CALLS_STREAM,
      prefix: CALLS_PREFIX,
      ackWaitMs: limits.ackWaitMs,
      most: limits.most,
      limitOf: (lane) => this.limitOf(lane),
      queueLimit: (queue) => limits.perQueue.get(queue) ?? limits.most,
      isPaused: (queue) => this.paused.has(queue),
      handle: (delivery) => this.runner.handle(delivery),
      link,
      clock,
      log,
    })
  }

  /** The most of a lane at a time, as things are. */
  limitOf({ name: { fn }, adaptive }: Lane): number {
    const { ports, limits, clock } = this.#options
    const { concurrency } = asyncAnnotations(ports.target(fn)?.annotations ?? {})
    const most = concurrency ?? limits.most
    const perReplica = ports.perReplica(fn)
    const capacity = perReplica === null ? most : perReplica * Math.max(1, ports.readyReplicas(fn))
    return adaptive.limit(Math.min(most, capacity), clock.now())
  }

  #makeCallbackRunner(): CallbackRunner {
    const { ports, book, clock, log } = this.#options
    return new CallbackRunner({
      deliver: (callback, signal) => ports.deliver(callback, signal),
      book,
      spool: this.spool,
      ports: {
        dueAt: (lane, atMs) => this.callbacks.dueAt(lane, atMs),
        removed: (lane) => this.callbacks.removed(lane),
        onUndecodable: (message) => this.#undecodable(message),
        onCallbackEnd: (outcome) => (this.#figures.callbacks[outcome] += 1),
      },
      clock,
      log,
    })
  }

  #makeCallbacks(): Dispatcher {
    const { limits, link, clock, log } = this.#options
    return new Dispatcher({
      stream: CALLBACKS_STREAM,
      prefix: CALLBACKS_PREFIX,
      ackWaitMs: limits.ackWaitMs,
      most: MOST_CALLBACKS,
      limitOf: () => MOST_CALLBACKS_OF_ONE,
      queueLimit: () => MOST_CALLBACKS,
      isPaused: () => false,
      handle: (delivery) => this.callbackRunner.handle(delivery),
      link,
      clock,
      log,
    })
  }

  #makeOutbox(): Outbox {
    const { limits, log, book } = this.#options
    return new Outbox({
      spool: this.spool,
      log,
      most: limits.outbox,
      publish: async (job) => {
        const published = await this.publisher.publish(messageOfJob(job))
        if (!('sequence' in published)) throw new Error(published.unknown)
        book.setSequence(job.id, published.sequence)
        this.calls.queued(job, published.sequence)
      },
      isWanted: (id) => {
        const call = book.get(id)
        return call === undefined || !FINAL_STATES.has(call.state)
      },
    })
  }

  #makeAcceptor(): Acceptor {
    const { ports, book, link, limits, clock, log } = this.#options
    const { spool, publisher, outbox } = this
    const { inlineBytes, mostBodyBytes: mostBytes, ttlMs, mostWaiting } = limits
    return new Acceptor({
      ports: {
        target: (fn) => ports.target(fn),
        checkCallback: (url) => ports.checkCallback(url),
        mayForward: (authorization, peer) => ports.mayForward(authorization, peer),
        backlog: (lane) => this.calls.backlog(lane),
        onAccepted: ({ queue }) => this.#figures.acceptedIn(queue),
        onQueued: (lane, sequence) => this.calls.queued(lane, sequence),
        onBookFailed: (error) => log.error('an accepted call is not noted yet', { reason: messageOf(error) }),
      },
      bodies: new BodyReader(spool, { inlineBytes, mostBytes }),
      book,
      link,
      publisher,
      spool,
      outbox,
      strays: this.strays,
      clock,
      ttlMs,
      mostWaiting,
      mostMessageBytes: mostMessageBytes(inlineBytes),
    })
  }

  /** Never acknowledged: an operator can look at it. */
  async #undecodable({ lane, receipt, reason }: Undecodable): Promise<void> {
    this.#options.log.error('a message that is no call waits in the queue', { ...lane, reason })
    receipt.later(UNDECODABLE_MS)
  }
}
