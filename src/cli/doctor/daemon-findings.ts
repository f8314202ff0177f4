import type { DoctorFinding } from '../../wire/doctor-answer.ts'
import { CliError } from '../cli-error.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import type { Session } from '../session.ts'
import type { Finding } from './finding.ts'

/** A look of the daemon takes 2 s at most. */
const TIMEOUT_MS = 10_000

const STATES = { ok: 'ok', warn: 'warning', bad: 'failed' } as const

/** What the daemon says of its host and itself. Nothing of a gateway that is not ours. */
export async function daemonFindings(gateway: GatewayClient): Promise<readonly Finding[]> {
  try {
    const answer = await gateway.send({ method: 'GET', path: '/system/doctor', timeoutMs: TIMEOUT_MS })
    const text = await answer.text()
    if (answer.status !== 200) return []
    return gateway.parsed<readonly DoctorFinding[]>('/system/doctor', text).map(asFinding)
  } catch (error) {
    if (error instanceof CliError) return []
    throw error
  }
}

/** A look at this machine while no daemon answers on it. */
export async function hostFindings({ env, clock }: Session): Promise<readonly Finding[]> {
  // Settings are checked by libraries that no other command needs.
  const { lookAtHost, SERVICE_SETTINGS } = await import('../../doctor/host-doctor.ts')
  const found = await lookAtHost({
    env,
    clock,
    settingsFile: SERVICE_SETTINGS,
  })
  return found.map(asFinding)
}

function asFinding({ check, state, text, meaning, fix }: DoctorFinding): Finding {
  return {
    subject: check,
    state: STATES[state],
    text,
    hint: [meaning, fix].filter((part) => part !== '').join('\n'),
  }
}
