import type { Clock } from '../clock.ts'
import { messageOf } from '../core/errors.ts'
import type { FunctionName } from '../core/functions/function-name.ts'
import type { DeployedFunction } from '../core/functions/function-spec.ts'
import type { Log } from '../log.ts'

export interface RevisionProofPorts {
  readonly registry: {
    get(name: FunctionName): DeployedFunction | undefined
    /** Undefined when that was known, or when it is not the newest any more. */
    prove(name: FunctionName, revision: number): DeployedFunction | undefined
  }
  readonly provider: { apply(fn: DeployedFunction): void }
  readonly clock: Clock
  readonly log: Log
}

/**
 * Records which revisions of a function were ready. Until the newest was, the one before it is kept and
 * serves.
 */
export class RevisionProof {
  readonly #ports: RevisionProofPorts
  readonly #underWay = new Set<number>()
  #isStopped = false

  constructor(ports: RevisionProofPorts) {
    this.#ports = ports
  }

  /**
   * Replicas of these revisions of `fn` take calls. Never throws. It writes later, so that callers who wait
   * for the function do not wait for the disk.
   */
  sawReady(fn: FunctionName, revisions: readonly number[]): void {
    const newest = this.#ports.registry.get(fn)?.revision
    if (newest === undefined || !revisions.includes(newest) || this.#underWay.has(newest)) return
    this.#underWay.add(newest)
    this.#ports.clock.after(0, () => this.#note(fn, newest))
  }

  stop(): void {
    this.#isStopped = true
  }

  #note(fn: FunctionName, revision: number): void {
    const { registry, provider, log } = this.#ports
    this.#underWay.delete(revision)
    if (this.#isStopped) return
    try {
      const proved = registry.prove(fn, revision)
      if (proved === undefined) return
      log.info('revision in service', { fn, revision, image: proved.spec.image })
      provider.apply(proved)
    } catch (error) {
      // It is tried again when a replica gets ready the next time.
      log.error('revision in service not recorded', { fn, revision, err: messageOf(error) })
    }
  }
}
