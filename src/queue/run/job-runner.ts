import { setMaxListeners } from 'node:events'
import { messageOf } from '../../core/errors.ts'
import { FINAL_STATES, type QueuedCall } from '../../core/calls/queued-call.ts'
import { isSpooled } from '../job/envelope.ts'
import { decodeJob, type Job } from '../job/job.ts'
import { retryPolicy, type RetryPolicy } from '../job/retry-policy.ts'
import { statusOfEnding, type Verdict, verdictOn } from '../job/verdict.ts'
import { type ActiveJob, ActiveJobs } from './active-jobs.ts'
import { admissionOf } from './admission.ts'
import { type Answer, AnswerSink } from './answer-sink.ts'
import { callOfJob } from './call-of-job.ts'
import type { Delivery } from './lanes/dispatcher.ts'
import { Endings, type Execution } from './endings.ts'
import type { Lane } from './lanes/lane.ts'
import { attemptOf, isCancelled, noted } from './run-notes.ts'
import type { RunnerOptions } from './runner-options.ts'

/** After a failure of ours: a full disk, a database that cannot be written. */
const TROUBLE_MS = 5_000

/** Of a replica that is busy. */
const OVERLOAD = 429

/** The server delivers what is due within a second or so of its time: looked for several times. */
const LATE_MS = [20, 120, 500, 1_500]

/** A delivery that is being worked on. */
interface Work {
  readonly lane: Lane
  readonly job: Job
  readonly active: ActiveJob
  readonly call: QueuedCall
  readonly policy: RetryPolicy
}

/**
 * Makes the calls of a queue. What is written down before what (async-scaling 1.10.8): that an execution begins,
 * before it begins; that a call ended, before the server may forget it; when it is made again, before the server
 * is asked to wait.
 */
export class JobRunner {
  readonly #options: RunnerOptions
  readonly #active: ActiveJobs
  readonly #endings: Endings
  readonly #random: () => number
  readonly #stopping = new AbortController()

  constructor(options: RunnerOptions) {
    this.#options = options
    // As many listen as calls are worked on at a time: no leak, as Node would suspect.
    setMaxListeners(0, this.#stopping.signal)
    this.#active = new ActiveJobs(options.clock, options.limits.ackWaitMs)
    this.#endings = new Endings(options)
    this.#random = options.random ?? Math.random
  }

  start(): void {
    this.#active.start()
  }

  /** Ends what is being executed: it is made again after the next start, and soon. */
  abort(): void {
    this.#stopping.abort()
    this.#active.abort()
  }

  /** After the last delivery. */
  stop(): void {
    this.#active.stop()
  }

  /** Whether a call is being worked on here. */
  isActive(id: string): boolean {
    return this.#active.get(id) !== undefined
  }

  /** Whether the end of a call is being written down: it cannot be cancelled any more. */
  isEnding(id: string): boolean {
    return this.#active.get(id)?.isEnding === true
  }

  /** Whether a call is being worked on here; one that is being executed is ended. */
  cancel(id: string): boolean {
    const active = this.#active.get(id)
    if (active === undefined) return false
    active.isCancelled = true
    active.sink?.cancel()
    return true
  }

  /** Never rejects. */
  async handle({ lane, data, receipt }: Delivery): Promise<void> {
    let job: Job
    try {
      job = decodeJob(data)
    } catch (error) {
      await this.#options.ports.onUndecodable({ lane: lane.name, data, receipt, reason: messageOf(error) })
      return
    }
    const active = this.#active.enter(job, receipt)
    if (active === null) return
    try {
      await this.#work(lane, job, active)
    } catch (error) {
      this.#troubled(lane, job, { active, error })
    } finally {
      this.#active.leave(active)
    }
  }

  #troubled(lane: Lane, job: Job, { active, error }: { active: ActiveJob; error: unknown }): void {
    const { log, clock } = this.#options
    if (this.#stopping.signal.aborted) active.receipt.later(0)
    else {
      log.error('asynchronous call not made, will retry', { fn: job.fn, callId: job.callId, err: error })
      this.#putOff(lane, active, clock.wall() + TROUBLE_MS)
    }
  }

  async #work(lane: Lane, job: Job, active: ActiveJob): Promise<void> {
    const { ports, clock, limits } = this.#options
    const call = noted(job, active.receipt.facts.sequence, this.#options.book)
    const annotations = ports.annotations(job.fn)
    const policy = retryPolicy(annotations ?? {}, limits.retry)
    const facts = { call, hasFunction: annotations !== undefined, mostAttempts: policy.attempts }
    const admission = admissionOf({ ...facts, nowMs: clock.wall() })
    const work: Work = { lane, job, active, call, policy }
    switch (admission.kind) {
      case 'over':
        return this.#dropped(work, null)
      case 'later':
        return this.#putOff(lane, active, admission.atMs)
      case 'bury':
        return this.#giveUp(work, { ...admission, attempts: call.attempts, last: null })
      case 'run':
        return this.#run(work)
    }
  }

  async #run(work: Work): Promise<void> {
    const { job, active, call, lane } = work
    const { book, clock, spool } = this.#options
    const hasBody = !isSpooled(job.body) || (await spool.size(job.body.file)) !== null
    if (active.isCancelled) return this.#dropped(work, null)
    if (!hasBody) {
      const error = 'its body is not in the spool any more'
      return this.#giveUp(work, { reason: 'body_lost', error, attempts: call.attempts, last: null })
    }
    const attempts = call.attempts + 1
    const startedAtMs = clock.wall()
    book.start(job.id, startedAtMs)
    await book.saved()
    if (active.isCancelled) return this.#dropped(work, null)
    if (this.#stopping.signal.aborted) return this.#handBack(work)
    const beganMs = clock.now()
    const answer = await this.#execute(work)
    const durationMs = clock.now() - beganMs
    if (active.isCancelled) return this.#dropped(work, answer)
    if (this.#stopping.signal.aborted && isCancelled(answer)) return this.#handBack(work)
    const verdict = this.#judge(work, { answer, attempts })
    const isOverload = statusOfEnding(answer.ending) === OVERLOAD
    if (verdict.kind === 'defer' || isOverload)
      lane.adaptive.refused(verdict.kind === 'defer' && isOverload ? verdict.delayMs : null, clock.now())
    else this.#succeeded(lane)
    const execution = { job, answer, attempts, mostAttempts: work.policy.attempts, durationMs }
    if (verdict.kind !== 'defer') book.addAttempt(job.id, attemptOf(execution, startedAtMs))
    await this.#conclude(work, execution, verdict)
  }

  async #conclude(work: Work, execution: Execution, verdict: Verdict): Promise<void> {
    const { book, clock, spool, ports } = this.#options
    const { job, lane, active } = work
    ports.onExecuted(lane.name, verdict.kind)
    switch (verdict.kind) {
      case 'final':
        active.isEnding = true
        return this.#answered(work, execution)
      case 'dead': {
        const { attempts, answer } = execution
        const error = answer.ending.kind === 'failed' ? answer.ending.error.message : ''
        return this.#giveUp(work, { reason: 'attempts_exhausted', error, attempts, last: execution })
      }
      case 'retry':
      case 'defer': {
        const nextAtMs = clock.wall() + verdict.delayMs
        const { status, error, durationMs } = attemptOf(execution, 0)
        book.wait(job.id, { nextAtMs, status, error, durationMs, isDeferral: verdict.kind === 'defer' })
        await book.saved()
        if (isSpooled(execution.answer.body)) await spool.remove(execution.answer.body.file)
        if (active.isCancelled) return this.#dropped(work, null)
        this.#putOff(lane, active, nextAtMs)
      }
    }
  }

  async #answered(work: Work, execution: Execution): Promise<void> {
    try {
      await this.#endings.answered(execution, this.#stopping.signal)
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error
      // Its end could not be stored before we stop: without this, its last attempt would be taken for a crash.
      return this.#handBack(work)
    }
    await this.#acknowledge(work)
  }

  async #execute({ job, active }: Work): Promise<Answer> {
    const { ports, spool, limits } = this.#options
    const wish = job.keepsResult ? 'file' : job.callback === null ? 'none' : 'any'
    const { inlineBytes, mostAnswerBytes: mostBytes } = limits
    const sink = new AnswerSink({
      spool,
      file: `${job.id}.answer`,
      wish,
      inlineBytes,
      mostBytes,
      lastWordBytes: 4_096,
    })
    active.sink = sink
    sink.attach(ports.invoke(callOfJob(job, spool), sink))
    try {
      return await sink.answer
    } finally {
      active.sink = null
    }
  }

  #judge({ call, policy }: Work, { answer, attempts }: { answer: Answer; attempts: number }): Verdict {
    const nowMs = this.#options.clock.wall()
    const deferrals = call.deferrals + 1
    return verdictOn(answer.ending, { attempts, deferrals, policy, random: this.#random(), nowMs })
  }

  #succeeded(lane: Lane): void {
    const { ports, clock } = this.#options
    const { replicas, perReplica } = ports.capacity(lane.name.fn)
    lane.adaptive.replicasAre(replicas)
    lane.adaptive.succeeded(perReplica === null ? Infinity : perReplica * replicas, clock.now())
  }

  async #giveUp(
    work: Work,
    end: {
      reason: Parameters<Endings['givenUp']>[0]['reason']
      error: string
      attempts: number
      last: Execution | null
    },
  ): Promise<void> {
    const { job, policy, active } = work
    active.isEnding = true
    await this.#endings.givenUp({ job, mostAttempts: policy.attempts, ...end }, this.#stopping.signal)
    await this.#acknowledge(work)
  }

  /** The daemon stops: it is made again after the next start, and this time was no attempt. */
  async #handBack({ job, active, call }: Work): Promise<void> {
    const { book, clock } = this.#options
    const { status, error } = call
    book.wait(job.id, { nextAtMs: clock.wall(), status, error, durationMs: 0, isDeferral: true })
    await book.saved()
    active.receipt.later(0)
  }

  /** It has ended before, or was cancelled: nothing of it is needed but what lies among the dead letters. */
  async #dropped(work: Work, answer: Answer | null): Promise<void> {
    const { book, spool } = this.#options
    const { job } = work
    // The server may forget only what is written down.
    await book.saved()
    const state = book.get(job.id)?.state
    if (state === undefined || !FINAL_STATES.has(state)) throw new Error('its end is not written down')
    const isKept = state === 'dead' || state === 'expired'
    for (const body of [isKept ? null : job.body, answer?.body ?? null])
      if (isSpooled(body)) await spool.remove(body.file)
    await this.#acknowledge(work)
  }

  /** Without an answer it is delivered again, and found to be over. */
  async #acknowledge({ lane, active }: Work): Promise<void> {
    await active.receipt.done()
    this.#options.ports.removed(lane.name)
  }

  #putOff({ name }: Lane, { receipt }: ActiveJob, atMs: number): void {
    const { clock, ports } = this.#options
    receipt.later(Math.max(0, atMs - clock.wall()))
    for (const lateMs of LATE_MS) ports.dueAt(name, atMs + lateMs)
  }
}
