import { consumerOf, type LaneName, laneOf, subjectOf } from '../../job/subjects.ts'
import { Lane } from './lane.ts'

/** All lanes of a stream, in the order of their turns. */
export class Lanes {
  readonly #prefix: string
  readonly #bySubject = new Map<string, Lane>()
  /** The next to have a turn is the first. */
  readonly #turns = new Set<Lane>()

  /** `prefix`: of the subjects; ends with a dot. */
  constructor(prefix: string) {
    this.#prefix = prefix
  }

  get size(): number {
    return this.#bySubject.size
  }

  all(): Iterable<Lane> {
    return this.#bySubject.values()
  }

  get(name: LaneName): Lane | undefined {
    return this.#bySubject.get(subjectOf(this.#prefix, name))
  }

  bySubject(subject: string): Lane | undefined {
    return this.#bySubject.get(subject)
  }

  /** Makes it when it is not there. `nowMs`: by the process's clock. */
  open(name: LaneName, nowMs: number): Lane {
    const subject = subjectOf(this.#prefix, name)
    const known = this.#bySubject.get(subject)
    if (known !== undefined) return known
    const { queue, fn } = name
    const lane = new Lane({ queue, fn }, { subject, consumer: consumerOf(name), nowMs })
    this.#bySubject.set(subject, lane)
    this.#turns.add(lane)
    return lane
  }

  /** As `open`, by subject; undefined for one that no lane of ours has. */
  openSubject(subject: string, nowMs: number): Lane | undefined {
    const name = laneOf(this.#prefix, subject)
    return name === null ? undefined : this.open(name, nowMs)
  }

  remove(lane: Lane): void {
    this.#bySubject.delete(lane.subject)
    this.#turns.delete(lane)
  }

  /** Those that `wants` says want a turn, in the order of their turns. */
  hungry(wants: (lane: Lane) => boolean): readonly Lane[] {
    return [...this.#turns].filter(wants)
  }

  /** It had its turn. */
  served(lane: Lane): void {
    if (this.#turns.delete(lane)) this.#turns.add(lane)
  }
}
