import type { Clock } from '../../../clock.ts'
import type { Finding, Lack } from './probe-finding.ts'
import type { ProbeTarget } from './probe-request.ts'

export interface ComplaintOptions {
  readonly clock: Clock
  readonly explain: (target: ProbeTarget, finding: Finding) => Promise<Lack>
  /**
   * What keeps the replica from being ready is known, or has changed. `hasLasted`: it is worth a line in the
   * log, once.
   */
  readonly say: (lack: Lack, hasLasted: boolean) => void
}

/** A start that goes well is over by then: nobody wants to read why it is not ready yet. */
const QUIET_MS = 1_000
/** What stays as it is for so long, three seconds from the first look, may not mend itself. */
const LASTING_MS = 2_000
/**
 * How often the words are made anew while the finding is the same: the process may listen elsewhere by now.
 */
const REWORD_MS = 2_000
/** Lines in the log about one start, however often a process changes its mind. */
const MOST_LINES = 5

/** What is said about one replica while it is not ready: early to those who ask, to the log once it lasts. */
export class Complaint {
  readonly #options: ComplaintOptions
  #startMs: number | null = null
  #key = ''
  #lack: Lack = { reason: '', isLasting: false }
  #sinceMs = 0
  #wordedMs = 0
  #logged = ''
  #lines = 0

  constructor(options: ComplaintOptions) {
    this.#options = options
  }

  /** The same question was answered so again. */
  async hear(target: ProbeTarget, finding: Finding): Promise<void> {
    const { clock, explain, say } = this.#options
    const nowMs = clock.now()
    this.#startMs ??= nowMs
    if (nowMs - this.#startMs < QUIET_MS) return
    const key = JSON.stringify(finding)
    if (key !== this.#key || nowMs - this.#wordedMs >= REWORD_MS) {
      const lack = await explain(target, finding)
      const isNew = lack.reason !== this.#lack.reason
      if (isNew) this.#sinceMs = nowMs
      this.#key = key
      this.#wordedMs = nowMs
      this.#lack = lack
      if (isNew) say(lack, false)
    }
    const { reason } = this.#lack
    const hasLasted = nowMs - this.#sinceMs >= LASTING_MS
    if (!hasLasted || this.#logged === reason || this.#lines >= MOST_LINES) return
    this.#logged = reason
    this.#lines += 1
    say(this.#lack, true)
  }
}
