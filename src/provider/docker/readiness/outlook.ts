import type { Clock } from '../../../clock.ts'
import { FaasError } from '../../../core/errors.ts'
import type { FunctionCondition } from '../../../core/functions/function-condition.ts'
import { unknownFunction, type FunctionName } from '../../../core/functions/function-name.ts'
import type { ProviderStatus } from '../../../core/provider/provider.ts'
import type { Replica } from '../../../core/provider/replica.ts'
import { attemptsOf } from '../replicas/attempt.ts'
import { describeFunction } from './describe-function.ts'
import type { Reconciler } from '../replicas/reconciler.ts'
import type { ReplicaRecord, ReplicaTable } from '../replicas/replica-table.ts'
import { isVain } from './vain-wait.ts'

export interface OutlookOptions {
  readonly table: ReplicaTable
  readonly reconciler: Pick<Reconciler, 'attempts' | 'desired' | 'trouble'>
  readonly link: { status(): ProviderStatus }
  readonly clock: Clock
}

/** Tells the condition of functions, and ends waits that are in vain. */
export class Outlook {
  readonly #options: OutlookOptions

  constructor(options: OutlookOptions) {
    this.#options = options
  }

  /** Null for a function that should not exist. */
  condition(name: FunctionName): FunctionCondition | null {
    const { table, reconciler, link } = this.#options
    const fn = reconciler.desired(name)
    if (fn === undefined) return null
    const replicas = table.of(name)
    return describeFunction({ fn, trouble: reconciler.trouble(name), replicas, engine: link.status() })
  }

  /**
   * A replica that takes calls. Throws `unavailable`, with the reason, when `signal` aborts or as soon as
   * waiting is in vain; throws `not-found` for an unknown function.
   */
  async whenReady(name: FunctionName, signal: AbortSignal): Promise<Replica> {
    const { reconciler, table } = this.#options
    if (reconciler.desired(name) === undefined) {
      throw unknownFunction(name)
    }
    const waiting = table.board.whenReady(name, signal, () => this.#unavailable(name))
    this.#reconsider(name)
    return await waiting
  }

  /**
   * This replica will hardly become ready by waiting, for example because it listens elsewhere. A replica
   * that was ready before is expected to be ready again, even if it opens other ports first.
   */
  stuck({ replica }: ReplicaRecord): void {
    const { table, reconciler } = this.#options
    if (reconciler.desired(replica.fn)?.isProved === true) return
    table.change(replica.id, { isStuck: true })
    this.#reconsider(replica.fn)
  }

  /** A replica died or could not be created: ends the waits for this function if they are in vain. */
  failed(name: FunctionName): void {
    this.#reconsider(name, true)
  }

  #reconsider(name: FunctionName, hasJustFailed = false): void {
    if (this.#isVain(name, hasJustFailed))
      this.#options.table.board.rejectWaiters(name, this.#unavailable(name))
  }

  /** Ends all waits. */
  stop(): void {
    const { table } = this.#options
    for (const name of table.board.waitedFor()) {
      table.board.rejectWaiters(
        name,
        new FaasError('unavailable', `function ${name} is not ready: the daemon stops`),
      )
    }
  }

  #isVain(name: FunctionName, hasJustFailed: boolean): boolean {
    const { table, reconciler, link, clock } = this.#options
    const attempts = reconciler.attempts(name)
    if (attempts === undefined || attempts.newest.fn.replicas === 0) return false
    const { newest, lastGood } = attempts
    const running = table.of(name).filter(({ isRunning, isFailed }) => isRunning && !isFailed)
    return isVain({
      isEngineUp: link.status().reachable,
      isFetching: newest.isFetching,
      isProved: newest.fn.isProved === true,
      canFallBack: lastGood !== null && lastGood.setbacks.reason === '',
      running: running.length,
      stuck: running.filter(({ isStuck }) => isStuck).length,
      setbacks: newest.setbacks,
      untilNextTryMs: this.#untilNextTryMs(name),
      hasJustFailed,
      isUnmade: newest.isUnmade,
      nowMs: clock.now(),
    })
  }

  #explain(name: FunctionName): string {
    const { reconciler, link } = this.#options
    const isWanted = (reconciler.desired(name)?.replicas ?? 0) > 0
    // Frozen replicas are no problem for the condition; only a waiting caller needs this reason.
    const usual = isWanted ? link.status().reason || 'its container is being thawed' : 'it is scaled to zero'
    return `function ${name} is not ready: ${this.condition(name)?.reason || usual}`
  }

  /** Until a replica of any of its revisions may be created again. */
  #untilNextTryMs(name: FunctionName): number {
    const { reconciler, clock } = this.#options
    const attempts = reconciler.attempts(name)
    if (attempts === undefined) return 0
    const tries = attemptsOf(attempts).flatMap(({ setbacks }) =>
      setbacks.reason === '' ? [] : [setbacks.retryAtMs],
    )
    return tries.length === 0 ? 0 : Math.min(...tries) - clock.now()
  }

  #unavailable(name: FunctionName): FaasError {
    const waitMs = this.#untilNextTryMs(name)
    const options = waitMs > 0 ? { retryAfterS: Math.ceil(waitMs / 1_000) } : {}
    return new FaasError('unavailable', this.#explain(name), options)
  }
}
