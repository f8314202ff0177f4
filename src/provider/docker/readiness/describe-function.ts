import {
  conditionOf,
  type FunctionCondition,
  type NamedRevision,
} from '../../../core/functions/function-condition.ts'
import type { DeployedFunction, Revision } from '../../../core/functions/function-spec.ts'
import type { ProviderStatus } from '../../../core/provider/provider.ts'
import { isAvailable } from '../../../core/provider/replica.ts'
import { isTrouble, type Obstacles, whyNotReady } from './not-ready-reason.ts'
import type { Trouble } from '../replicas/reconciler.ts'
import { isOutOfService, type ReplicaRecord } from '../replicas/replica-table.ts'

/** All that is known of a function. */
export interface FunctionFacts {
  readonly fn: DeployedFunction
  readonly trouble: Trouble
  readonly replicas: readonly ReplicaRecord[]
  readonly engine: ProviderStatus
}

/**
 * The condition of a function. The obstacles are those of its newest revision; those of older ones will not
 * matter soon. Pure.
 */
export function describeFunction({ fn, trouble, replicas, engine }: FunctionFacts): FunctionCondition {
  const running = replicas.filter(({ replica, isRunning }) => isRunning && replica.revision === fn.revision)
  const waiting = running.filter(({ replica }) => replica.state === 'starting')
  const obstacles: Obstacles = {
    status: engine,
    desired: fn.replicas,
    isFetching: trouble.isFetching,
    setback: trouble.setback,
    starting: waiting.length,
    outOfService: waiting.filter(isOutOfService).length,
    stuck: waiting.filter(({ isStuck }) => isStuck).length,
    paused: waiting.filter(({ isPaused }) => isPaused).length,
    lack: waiting.findLast(({ replica }) => replica.reason !== undefined)?.replica.reason ?? '',
  }
  return conditionOf({
    fn: fn.spec.name,
    newest: named(fn),
    lastGood: fn.lastGood === undefined ? null : named(fn.lastGood),
    lastGoodObstacle: trouble.lastGoodSetback,
    desired: fn.replicas,
    ready: replicas.flatMap(({ replica }) => (isAvailable(replica) ? [replica.revision] : [])),
    obstacle: whyNotReady(obstacles),
    isTrouble: isTrouble(obstacles),
    lastWords: trouble.lastWords,
  })
}

function named({ revision, spec }: Revision): NamedRevision {
  return { revision, image: spec.image }
}
