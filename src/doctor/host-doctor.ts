import { readFile } from 'node:fs/promises'
import type { Clock } from '../clock.ts'
import { type Config, ConfigError, readConfig } from '../config.ts'
import type { DoctorFinding } from '../wire/doctor-answer.ts'
import { diagnose } from './diagnose.ts'
import { environmentIn, environmentOfUnit } from '../core/environment-file.ts'
import { gatherFacts } from './gather/gather.ts'
import { outputOf } from './gather/program.ts'

const LIMIT_MS = 2_000

/** The settings of the service (`systemd/sampan.service`). */
export const SERVICE_SETTINGS = '/etc/sampan/sampan.env'

export interface HostLook {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Settings of the service, in a file; what `env` says wins. */
  readonly settingsFile: string
  readonly clock: Clock
}

/** Looks at this host while no daemon answers: everything but what only a running one knows. Changes nothing. */
export async function lookAtHost({ env, settingsFile, clock }: HostLook): Promise<readonly DoctorFinding[]> {
  const signal = clock.timeout(LIMIT_MS)
  const ofUnit = ['systemctl', 'show', 'sampan.service', '--property=Environment', '--value']
  const [unit, file] = await Promise.all([
    outputOf(ofUnit, signal),
    readFile(settingsFile, 'utf8').catch(() => ''),
  ])
  const { config, problems } = settingsOf({
    ...environmentOfUnit(unit ?? ''),
    ...environmentIn(file),
    ...env,
  })
  const facts = await gatherFacts({ config, problems, own: null, nowMs: clock.wall(), signal })
  return diagnose(facts)
}

/** With defaults in the place of what cannot be used, so that the rest can be looked at. */
function settingsOf(env: HostLook['env']): { readonly config: Config; readonly problems: readonly string[] } {
  try {
    return { config: readConfig(env), problems: [] }
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    const wrong = error.problems.map((problem) => problem.split(':', 1)[0] ?? '')
    const rest = Object.entries(env).filter(([name]) => !wrong.includes(name))
    return {
      config: readConfig(wrong.length === 0 ? {} : Object.fromEntries(rest)),
      problems: error.problems,
    }
  }
}
