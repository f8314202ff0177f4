import type { Clock } from '../../clock.ts'
import type { Finding } from './probe-finding.ts'
import type { ProbeTarget } from './probe-request.ts'

export interface ComplaintOptions {
  readonly clock: Clock
  readonly explain: (target: ProbeTarget, finding: Finding) => Promise<string>
  /** What keeps the replica from being ready is known, or has changed. `isLasting`: it is worth a line in the log, once. */
  readonly say: (reason: string, isLasting: boolean) => void
}

/** A start that goes well is over by then: nobody wants to read why it is not ready yet. */
const QUIET_MS = 1_000
/** What stays as it is for so long will hardly mend itself. */
const LASTING_MS = 3_000
/** How often the words are made anew while the finding is the same: the process may listen elsewhere by now. */
const REWORD_MS = 2_000
/** Lines in the log about one start, however often a process changes its mind. */
const MOST_LINES = 5

/** What is said about one replica while it is not ready: early to those who ask, to the log once it lasts. */
export class Complaint {
  readonly #options: ComplaintOptions
  #startMs: number | null = null
  #key = ''
  #reason = ''
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
      const reason = await explain(target, finding)
      if (reason !== this.#reason) this.#sinceMs = nowMs
      this.#key = key
      this.#wordedMs = nowMs
      if (reason !== this.#reason) say(reason, false)
      this.#reason = reason
    }
    const isLasting = nowMs - this.#sinceMs >= LASTING_MS
    if (!isLasting || this.#logged === this.#reason || this.#lines >= MOST_LINES) return
    this.#logged = this.#reason
    this.#lines += 1
    say(this.#reason, true)
  }
}
