import { BudgetWatch } from '../../budget-watch.ts'
import type { Clock } from '../../clock.ts'
import type { Log } from '../../log.ts'
import { WriteBatch } from '../../write-batch.ts'
import { AnswerHeads } from './answer-head.ts'
import { ByteBudget } from './budgets/byte-budget.ts'
import { ConnectionCensus, type CensusLimits } from './budgets/connection-census.ts'
import type { Exchange, ExchangeShared } from './exchange.ts'
import { HeadBudget } from './budgets/head-budget.ts'
import type { IntakeShared } from './intake/request-intake.ts'
import type { TimeLimits } from './time-limits.ts'

/** Handles requests. */
export interface RequestHandler {
  /**
   * Answers through the exchange, now or later. An error that it throws is logged and ends the connection.
   */
  request(exchange: Exchange): void
}

/** Budgets of all clients together, and limits of each. */
export interface EdgeLimits {
  /** Longest request head, bytes. */
  readonly headBytes: number
  /** Unfinished request heads of all clients, bytes. */
  readonly allHeadsBytes: number
  /** Request bodies that wait for their function, of all clients, bytes. */
  readonly allBodiesBytes: number
  readonly connections: CensusLimits
}

/** Shared by all connections of a server, whatever listener accepted them. */
export interface ConnectionShared extends ExchangeShared, IntakeShared {
  readonly handler: RequestHandler
  readonly clock: Clock
  readonly log: Log
  readonly times: TimeLimits
  readonly census: ConnectionCensus
  /** The server is stopping: each connection closes after its present answer. */
  readonly isDraining: () => boolean
}

export interface ConnectionSharedOptions extends Pick<
  ConnectionShared,
  'handler' | 'clock' | 'log' | 'times' | 'isDraining'
> {
  readonly limits: EdgeLimits
}

/** The budgets of one server, all unused. */
export function connectionShared({ limits, ...options }: ConnectionSharedOptions): ConnectionShared {
  const watch = new BudgetWatch(options.log, options.clock)
  return {
    ...options,
    heads: new AnswerHeads(options.clock),
    writes: new WriteBatch(),
    mostHeadBytes: limits.headBytes,
    census: new ConnectionCensus(limits.connections, watch, options.clock),
    unfinishedHeads: new HeadBudget(limits.allHeadsBytes, watch),
    waitingBodies: new ByteBudget(limits.allBodiesBytes, watch),
  }
}
