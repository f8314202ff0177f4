import { type Listener, takesLoopback } from './listeners.ts'
import { describeFinding, type Finding, isLastingFinding, type Lack } from './probe-finding.ts'
import type { Ask, ProbeTarget } from './probe-request.ts'

export interface ReadinessOptions {
  readonly ask: Ask
  /** What listens in the container of a replica; null when it cannot be known. Never rejects. */
  readonly listeners: (id: string) => Promise<readonly Listener[] | null>
}

/**
 * Carries out the plan: a probe over HTTP and, if the watchdog answers it itself, a check for the process
 * behind it.
 */
export class Readiness {
  readonly #options: ReadinessOptions

  constructor(options: ReadinessOptions) {
    this.#options = options
  }

  /** One probe. Never rejects. */
  async look(target: ProbeTarget, signal: AbortSignal): Promise<Finding> {
    const finding = await this.#options.ask(target, signal)
    const { processPort } = target
    if (processPort === null || (finding.kind !== 'good' && finding.kind !== 'status')) return finding
    const listeners = await this.#believable(target)
    if (listeners === null) return finding.kind === 'good' ? { kind: 'good', isUnproven: true } : finding
    return takesLoopback(listeners, processPort) ? finding : { kind: 'no-process', port: processPort }
  }

  /**
   * Why it is not ready, in words. Reads what listens in the container, which costs more than the probe
   * itself, so use it only for a finding that lasts.
   */
  async explain(target: ProbeTarget, finding: Finding): Promise<Lack> {
    const { port, probe, id } = target
    const wantsListeners = finding.kind === 'refused' || finding.kind === 'no-process'
    const listeners = wantsListeners ? await this.#options.listeners(id) : null
    const asked = { port, probe, listeners }
    return { reason: describeFinding(finding, asked), isLasting: isLastingFinding(finding, asked) }
  }

  /**
   * Something answered at the replica's port just now, so a list without that port is not from this
   * container.
   */
  async #believable({ id, port }: ProbeTarget): Promise<readonly Listener[] | null> {
    const listeners = await this.#options.listeners(id)
    return listeners?.some((one) => one.port === port) === true ? listeners : null
  }
}
