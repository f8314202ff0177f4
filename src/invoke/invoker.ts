import type { Duplex } from 'node:stream'
import type { CallFigures } from '../core/figures.ts'
import { BudgetWatch } from '../budget-watch.ts'
import type { Clock } from '../clock.ts'
import type { Call, CallSink, RunningCall, Upgrade } from '../core/calls/call.ts'
import type { CallPolicy } from '../core/calls/call-policy.ts'
import { statusOf, type FaasError } from '../core/errors.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { Suspicion } from '../core/provider/provider.ts'
import type { Replica } from '../core/provider/replica.ts'
import type { Log } from '../log.ts'
import type { EdgeRules } from './headers/edge-rules.ts'
import { WriteBatch } from '../write-batch.ts'
import { InFlight } from './in-flight.ts'
import type { CallCapacity, CallLimits, InvocationContext } from './invocation-context.ts'
import { notFound, notReady, stopping, tooMany, tooManyOf } from './call-failures.ts'
import { Invocation } from './invocation.ts'
import { ActiveCalls } from './active-calls.ts'
import { RouteTable, type Route } from './route-table.ts'
import type { IdleCount } from './target.ts'
import { Waker, type WakerPorts } from './waiting/waker.ts'

export interface InvokerPorts extends WakerPorts {
  /**
   * A call found that a replica is not ready. It counts as not ready until a probe succeeds. Must not throw.
   */
  suspect(replica: Replica, why: Suspicion): void
  /** How a replica died just now; empty when no news of a death arrives within a moment. Must not reject. */
  fate(replica: Replica): Promise<string>
  /**
   * Why a function has no callable replica; completes "it is not ready: …", empty when unknown. Must not
   * throw.
   */
  obstacle(fn: FunctionName): string
  /** A call was refused because too many of its function are under way. Cheap; must not throw. */
  crowded?(fn: FunctionName): void
}

export interface InvokerOptions {
  readonly ports: InvokerPorts
  readonly clock: Clock
  readonly log: Log
  readonly limits: CallLimits
  readonly capacity: CallCapacity
  readonly edge: EdgeRules
  /** Counts calls in flight by replica. The invoker creates its own unless one is passed in to be shared. */
  readonly ledger?: InFlight
  /** Ours, for headers: `productOf`. */
  readonly product: string
}

/**
 * The only way to call a function. Every trigger uses it, so waiting, limits, retries and counts are the same
 * for all.
 */
export class Invoker {
  /** Fed by `daemon.ts`: what is registered and what is ready. */
  readonly routes: RouteTable
  /** Asked by the provider before it stops a replica. */
  readonly ledger: InFlight
  readonly #context: InvocationContext
  readonly #capacity: CallCapacity
  readonly #watch: BudgetWatch
  readonly #idle: IdleCount
  readonly #crowded: (fn: FunctionName) => void
  #refused = 0
  #refusedOfFunction = 0
  #isStopping = false

  constructor({
    ports,
    clock,
    log,
    limits,
    capacity,
    edge,
    product,
    ledger = new InFlight(),
  }: InvokerOptions) {
    this.ledger = ledger
    this.#idle = { count: 0, most: capacity.idleUpstreams }
    this.#watch = new BudgetWatch(log, clock)
    const targets = {
      ledger: this.ledger,
      clock,
      writes: new WriteBatch(),
      idle: this.#idle,
      maxHeaderBytes: limits.maxHeaderBytes,
      connections: new Map(),
      onFault: (err: unknown) => log.error('call failed unexpectedly', { err }),
    }
    const usual = usualPolicy(limits, capacity)
    this.routes = new RouteTable(targets, usual)
    this.#capacity = capacity
    this.#crowded = (fn) => ports.crowded?.(fn)
    this.#context = {
      clock,
      waker: new Waker({
        ports,
        clock,
        timeoutMs: limits.wakeMs,
        room: usual.waiting,
        onEnd: (fn, { ms, isReady }) => this.routes.metricsOf(fn)?.waited(ms, isReady),
      }),
      activeCalls: new ActiveCalls(clock, [limits.upstreamMs, limits.writeMs, limits.wakeMs]),
      suspect: (replica, why) => ports.suspect(replica, why),
      fate: (replica) => ports.fate(replica),
      whyNotReady: (fn) => notReady(fn, ports.obstacle(fn)),
      onBrokenOff: ({ callId, fn }, { message }) =>
        log.info('answer broken off', { fn, callId, reason: message }),
      rules: { ...edge, userAgent: product },
      servedBy: product,
    }
  }

  /** Figures about the budgets of calls, for metrics. */
  get figures(): CallFigures {
    return {
      inFlight: this.#context.activeCalls.size,
      refused: this.#refused,
      refusedOfFunction: this.#refusedOfFunction,
      idleUpstreams: this.#idle.count,
    }
  }

  /** Calls of the function that wait for a replica. */
  waiting(fn: FunctionName): number {
    return this.#context.waker.waiting(fn)
  }

  /** Every failure is reported to the sink, possibly before this returns. */
  invoke(call: Call, sink: CallSink): RunningCall {
    return this.#invoke(call, sink, null)
  }

  /**
   * As `invoke`, for a call that asks for an upgrade. A function that does not agree answers through the
   * sink.
   */
  upgrade(call: Call, sink: CallSink, upgrade: Upgrade<Duplex>): RunningCall {
    return this.#invoke(call, sink, upgrade)
  }

  /** Counts a call that its trigger refused; false when there is no such function. */
  countRefused(fn: string, status: number): boolean {
    const metrics = this.routes.find(fn)?.metrics
    metrics?.begin()
    metrics?.end(status, 0)
    return metrics !== undefined
  }

  /** A function was removed: ends the wait of its calls. */
  remove(fn: FunctionName): void {
    this.routes.remove(fn)
    this.#context.waker.giveUp(notFound(fn), fn)
  }

  /**
   * Takes no new calls, ends waits, lets running calls end until `signal` aborts. Resolves when none is left.
   */
  async stop(signal: AbortSignal): Promise<void> {
    this.#isStopping = true
    this.#context.waker.giveUp(stopping())
    await this.#context.activeCalls.drain(signal)
    this.routes.clear()
  }

  #invoke(call: Call, sink: CallSink, upgrade: Upgrade<Duplex> | null): RunningCall {
    const route = this.routes.find(call.fn)
    if (route === undefined) return refuse(sink, notFound(call.fn))
    if (this.#isStopping) return refuse(sink, stopping())
    const full = this.#whyFull(route)
    if (full !== null) {
      route.metrics.begin()
      route.metrics.end(statusOf(full), 0)
      return refuse(sink, full)
    }
    const invocation = new Invocation(this.#context, route, { call, sink, upgrade })
    invocation.start()
    return invocation
  }

  #whyFull({ fn, metrics, policy }: Route): FaasError | null {
    const { calls } = this.#capacity
    const { most, setting } = policy.calls
    if (metrics.inFlight >= most) {
      this.#refusedOfFunction += 1
      this.#crowded(fn)
      this.#watch.note('limit of calls per function reached, new ones refused', { setting, limit: most, fn })
      return tooManyOf(fn, policy.calls)
    }
    if (this.#context.activeCalls.size < calls) return null
    this.#refused += 1
    this.#watch.note('limit of calls reached, new ones refused', {
      setting: 'SAMPAN_MAX_CALLS',
      limit: calls,
    })
    return tooMany(calls)
  }
}

function usualPolicy(limits: CallLimits, { callsPerFunction }: CallCapacity): CallPolicy {
  return {
    upstream: { ms: limits.upstreamMs, setting: 'SAMPAN_UPSTREAM_TIMEOUT' },
    write: { ms: limits.writeMs, setting: 'SAMPAN_WRITE_TIMEOUT' },
    wake: { ms: limits.wakeMs, setting: 'SAMPAN_WAKE_TIMEOUT' },
    calls: { most: callsPerFunction, setting: 'SAMPAN_MAX_CALLS_PER_FUNCTION' },
    waiting: { most: limits.waiting, setting: 'SAMPAN_MAX_WAITING_CALLS' },
    places: null,
  }
}

/** The answer to a call that never began. */
const NOT_RUNNING: RunningCall = { resume: () => undefined, cancel: () => undefined }

function refuse(sink: CallSink, error: FaasError): RunningCall {
  sink.onError(error)
  return NOT_RUNNING
}
