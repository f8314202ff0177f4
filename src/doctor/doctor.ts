import type { Clock } from '../clock.ts'
import type { Config } from '../config.ts'
import type { DoctorFinding } from '../wire/doctor-answer.ts'
import { diagnose } from './diagnose.ts'
import { gatherFacts, type OwnFacts } from './gather/gather.ts'

/** Longest time that a look takes. */
const LIMIT_MS = 2_000
/** How long what was found is answered again: whoever asks often costs no more. */
const FRESH_MS = 10_000

export interface DoctorOptions {
  readonly config: Config
  /** What the daemon knows of itself, within `signal`. */
  readonly own: (signal: AbortSignal) => Promise<OwnFacts>
  readonly clock: Clock
}

/** The doctor inside of the daemon. Changes nothing, and looks once at a time. */
export class Doctor {
  readonly #options: DoctorOptions
  #looking: Promise<readonly DoctorFinding[]> | undefined
  #untilMs = 0

  constructor(options: DoctorOptions) {
    this.#options = options
  }

  /** What every check that applies found, in the last ten seconds or now. */
  look(): Promise<readonly DoctorFinding[]> {
    const { clock } = this.#options
    if (this.#looking === undefined || clock.now() >= this.#untilMs) {
      this.#untilMs = Number.POSITIVE_INFINITY
      this.#looking = this.#look().finally(() => (this.#untilMs = clock.now() + FRESH_MS))
    }
    return this.#looking
  }

  async #look(): Promise<readonly DoctorFinding[]> {
    const { config, clock, own } = this.#options
    const signal = clock.timeout(LIMIT_MS)
    const facts = await gatherFacts({
      config,
      problems: [],
      own: await own(signal),
      nowMs: clock.wall(),
      signal,
    })
    return diagnose(facts)
  }
}
