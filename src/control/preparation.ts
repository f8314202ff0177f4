import type { Clock } from '../clock.ts'
import { messageOf } from '../core/errors.ts'
import type { DeployedFunction, FunctionSpec, Revision } from '../core/functions/function-spec.ts'
import type { Provider } from '../core/provider/provider.ts'
import type { Log } from '../log.ts'

export interface PreparationPorts {
  readonly provider: Pick<Provider, 'prepare' | 'hasArtifact'>
  /** The image of an accepted deploy is available now. */
  readonly onPrepared: (fn: DeployedFunction, artifact: string) => void
  readonly clock: Clock
  readonly log: Log
}

export interface PreparedAgain {
  readonly artifact: string | null
  /** For the client. */
  readonly remarks: readonly string[]
}

/**
 * How long a deploy waits for its image. The certifier's client gives up after 30 s; past this the deploy is
 * accepted and the pull goes on (http-api, deploy).
 */
const BUDGET_MS = 20_000

/** How long an accepted deploy goes on waiting for its image in the background. */
const LIMIT_MS = 30 * 60_000

/** Waits for the image of a deploy: for a while before the deploy is answered, then in the background. */
export class Preparation {
  readonly #ports: PreparationPorts
  readonly #stopping = new AbortController()

  constructor(ports: PreparationPorts) {
    this.#ports = ports
  }

  /** The artifact, or null when it takes longer than a deploy may wait. */
  async now(spec: FunctionSpec): Promise<string | null> {
    const { provider, clock } = this.#ports
    const budget = clock.timeout(BUDGET_MS)
    try {
      return await provider.prepare(spec, budget)
    } catch (error) {
      if (!budget.aborted) throw error
      return null
    }
  }

  /**
   * The artifact that an earlier revision had, while it is here. Else as `now`, with a remark when that is
   * another one, or may be.
   */
  async again({ spec, revision, artifact }: Revision): Promise<PreparedAgain> {
    if (artifact !== null && (await this.#ports.provider.hasArtifact(artifact)))
      return { artifact, remarks: [] }
    const found = await this.now(spec)
    if (artifact === null || found === artifact) return { artifact: found, remarks: [] }
    const gone = `the one that revision ${revision} ran on is not on this host any more`
    return { artifact: found, remarks: [`image: ${spec.image} is what this name means now: ${gone}`] }
  }

  /** Goes on waiting for an image whose deploy was accepted before it was here. Never rejects. */
  async later(fn: DeployedFunction): Promise<void> {
    const { provider, onPrepared, clock, log } = this.#ports
    const signal = AbortSignal.any([this.#stopping.signal, clock.timeout(LIMIT_MS)])
    try {
      onPrepared(fn, await provider.prepare(fn.spec, signal))
    } catch (error) {
      if (this.#stopping.signal.aborted) return
      log.error('image pull for accepted deploy failed', {
        fn: fn.spec.name,
        image: fn.spec.image,
        err: messageOf(error),
      })
    }
  }

  /** Ends the waits in the background. */
  stop(): void {
    this.#stopping.abort()
  }
}
