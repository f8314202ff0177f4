import type { DoctorFinding } from '../wire/doctor-answer.ts'
import type { Check } from './check.ts'
import { DAEMON_CHECKS } from './checks/daemon-checks.ts'
import { ENGINE_CHECKS } from './checks/engine-checks.ts'
import { MACHINE_CHECKS } from './checks/machine-checks.ts'
import { SETUP_CHECKS } from './checks/setup-checks.ts'
import { STORAGE_CHECKS } from './checks/storage-checks.ts'
import type { Facts } from './facts.ts'

/** The table, in the order in which it is shown: what is below the daemon first. */
export const CHECKS: readonly Check[] = [
  ...MACHINE_CHECKS,
  ...ENGINE_CHECKS,
  ...STORAGE_CHECKS,
  ...SETUP_CHECKS,
  ...DAEMON_CHECKS,
]

/** What every check that applies says of these facts. Pure. */
export function diagnose(facts: Facts): readonly DoctorFinding[] {
  return CHECKS.flatMap(({ name, look }) => {
    const verdict = look(facts)
    return verdict === null ? [] : [{ check: name, ...verdict }]
  })
}
