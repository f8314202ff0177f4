import type { Clock } from './clock.ts'
import type { Log, LogFields } from './log.ts'

/** Time between two lines about the same thing. */
const QUIET_MS = 60_000

/** A budget, as an operator knows it. */
export interface BudgetFields extends LogFields {
  /** The variable that changes it. */
  readonly setting: string
  readonly limit: number
}

interface Entry {
  readonly message: string
  fields: BudgetFields
  /** Since the last line. */
  times: number
  isQuiet: boolean
}

/**
 * Logs that a budget is used up: at once the first time, then once a minute while it goes on. A line per
 * refusal would let an attacker fill the disk as well.
 */
export class BudgetWatch {
  readonly #log: Log
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()

  constructor(log: Log, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /**
   * A client or a call was refused. `message` is constant and says what was done. Each `message` is logged at
   * most once a minute, with `times` and the newest `fields`.
   */
  note(message: string, fields: BudgetFields): void {
    let entry = this.#entries.get(message)
    if (entry === undefined) {
      entry = { message, fields, times: 0, isQuiet: false }
      this.#entries.set(message, entry)
    }
    entry.times += 1
    entry.fields = fields
    if (!entry.isQuiet) this.#say(entry)
  }

  #say(entry: Entry): void {
    this.#log.warn(entry.message, { ...entry.fields, times: entry.times })
    entry.times = 0
    entry.isQuiet = true
    this.#clock.after(QUIET_MS, () => {
      entry.isQuiet = false
      if (entry.times > 0) this.#say(entry)
    })
  }
}
