import type { FunctionCondition } from '../core/functions/function-condition.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { DeployedFunction } from '../core/functions/function-spec.ts'
import type { ScalingEvents } from './scaling-events.ts'

/** What was told last of a function. */
interface Known {
  /** A revision that was told of and does not serve yet; null: none. */
  awaited: number | null
  /** State and revision of the trouble that was told; empty: none. */
  trouble: string
  replicas: number
}

/**
 * Tells of new revisions, whether they come to serve, and of functions that are not well: once for each change,
 * however often it is seen.
 */
export class Rollouts {
  readonly #events: Pick<ScalingEvents, 'tell'>
  readonly #known = new Map<FunctionName, Known>()

  constructor(events: Pick<ScalingEvents, 'tell'>) {
    this.#events = events
  }

  /**
   * `before`: as it was desired until now; null: nothing is known of it. `returnsTo`: the revision that this
   * one repeats.
   */
  changed(fn: DeployedFunction, before: DeployedFunction | null, returnsTo?: number): void {
    const { name } = fn.spec
    const known = this.#known.get(name) ?? { awaited: null, trouble: '', replicas: fn.replicas }
    known.replicas = fn.replicas
    this.#known.set(name, known)
    if (before === null || before.revision === fn.revision) return
    known.awaited = fn.revision
    known.trouble = ''
    const meanwhile =
      fn.lastGood === undefined ? '' : `; revision ${fn.lastGood.revision} serves until it is ready`
    const what =
      returnsTo === undefined
        ? `revision ${fn.revision} replaces ${before.revision}`
        : `revision ${fn.revision} is revision ${returnsTo} again`
    this.#tell(name, returnsTo === undefined ? 'updated' : 'rolled-back', `${what}${meanwhile}`)
  }

  /** How it does may have changed. */
  noted(name: FunctionName, condition: FunctionCondition | null): void {
    const known = this.#known.get(name)
    if (condition === null || known === undefined) return
    const { state, reason, revision } = condition
    if (state === 'degraded' || state === 'failing') {
      const trouble = `${state} ${revision}`
      if (known.trouble !== trouble) this.#tell(name, state, reason)
      known.trouble = trouble
    } else if (state === 'ready') {
      if (known.awaited === revision) this.#tell(name, 'serving', `revision ${revision} serves`)
      else if (known.trouble !== '') this.#tell(name, 'recovered', `revision ${revision} serves again`)
      known.awaited = null
      known.trouble = ''
    }
  }

  forget(name: FunctionName): void {
    this.#known.delete(name)
  }

  #tell(
    fn: FunctionName,
    kind: 'updated' | 'rolled-back' | 'serving' | 'degraded' | 'failing' | 'recovered',
    reason: string,
  ): void {
    const replicas = this.#known.get(fn)?.replicas ?? 0
    this.#events.tell({ fn, kind, from: replicas, to: replicas, reason })
  }
}
