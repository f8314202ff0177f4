import { type Listener, takesLoopback } from './listeners.ts'
import { describeFinding, type Finding, isLastingFinding, type Lack } from './probe-finding.ts'
import type { Ask, ProbeTarget } from './probe-request.ts'

export interface ReadinessOptions {
  readonly ask: Ask
  /** What listens in the container of a replica; null when nobody can know. Never rejects. */
  readonly listeners: (id: string) => Promise<readonly Listener[] | null>
}

/**
 * Carries out what the plan asks for: a question over HTTP and, where the watchdog answers for itself, a look
 * for the process behind it.
 */
export class Readiness {
  readonly #options: ReadinessOptions

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** One look. Never rejects. */
  async look(target: ProbeTarget, signal: AbortSignal): Promise<Finding> {
    const finding = await this.#options.ask(target, signal)
    const { processPort } = target
    if (processPort === null || (finding.kind !== 'good' && finding.kind !== 'status')) return finding
    const listeners = await this.#believable(target)
    if (listeners === null) return finding.kind === 'good' ? { kind: 'good', isUnproven: true } : finding
    return takesLoopback(listeners, processPort) ? finding : { kind: 'no-process', port: processPort }
  }

  /**
   * Why it is not ready, in words. Looks at what listens, which costs more than the question itself: for a
   * finding that lasts.
   */
  async explain(target: ProbeTarget, finding: Finding): Promise<Lack> {
    const { port, probe, id } = target
    const wantsListeners = finding.kind === 'refused' || finding.kind === 'no-process'
    const listeners = wantsListeners ? await this.#options.listeners(id) : null
    const asked = { port, probe, listeners }
    return { reason: describeFinding(finding, asked), isLasting: isLastingFinding(finding, asked) }
  }

  /** Something answered at the replica's port just now: a list without that port is not of what answered. */
  async #believable({ id, port }: ProbeTarget): Promise<readonly Listener[] | null> {
    const listeners = await this.#options.listeners(id)
    return listeners?.some((one) => one.port === port) === true ? listeners : null
  }
}
