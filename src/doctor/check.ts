import type { DoctorFinding } from '../wire/doctor-answer.ts'
import type { Facts } from './facts.ts'

/** A verdict without its name. */
export type Verdict = Omit<DoctorFinding, 'check'>

/** A row of the doctor's table. Pure: the same facts have the same verdict. */
export interface Check {
  readonly name: string
  /** Null: it does not apply, or what it needs could not be seen. */
  readonly look: (facts: Facts) => Verdict | null
}

export function ok(text: string): Verdict {
  return { state: 'ok', text, meaning: '', fix: '' }
}

interface Trouble {
  readonly text: string
  readonly meaning: string
  readonly fix: string
}

export function warn(trouble: Trouble): Verdict {
  return { state: 'warn', ...trouble }
}

export function bad(trouble: Trouble): Verdict {
  return { state: 'bad', ...trouble }
}

const MIB = 2 ** 20

/** Bytes as people say them. */
export function sizeOf(bytes: number): string {
  return bytes < 1024 * MIB ? `${Math.floor(bytes / MIB)} MiB` : `${(bytes / MIB / 1024).toFixed(1)} GiB`
}
