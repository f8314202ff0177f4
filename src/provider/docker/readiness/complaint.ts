import type { Clock } from '../../../clock.ts'
import type { Finding, Lack } from './probe-finding.ts'
import type { ProbeTarget } from './probe-request.ts'

export interface ComplaintOptions {
  readonly clock: Clock
  readonly explain: (target: ProbeTarget, finding: Finding) => Promise<Lack>
  /**
   * The reason why the replica is not ready is known, or has changed. `hasLasted`: it should be logged, once.
   */
  readonly say: (lack: Lack, hasLasted: boolean) => void
}

/** A normal start is over by then, so earlier findings are not worth reporting. */
const QUIET_MS = 1_000
/** A finding that stays the same for this long, three seconds from the first probe, may be permanent. */
const LASTING_MS = 2_000
/**
 * How often the words are renewed while the finding is the same, because the process may listen elsewhere by
 * now.
 */
const REWORD_MS = 2_000
/** Most log lines about one start, however often the finding changes. */
const MOST_LINES = 5

/** Reports why one replica is not ready: early to callers who ask, and to the log when it lasts. */
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

  /** A probe had this finding, again or for the first time. */
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
