import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { connect, type GatewayFlags } from '../gateway/connect.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { projectOf } from '../gateway/project.ts'
import { presentData } from '../output/present.ts'
import { hasColours, say, type Session } from '../session.ts'
import type { StackFile } from '../stack/stack-file.ts'
import type { DOCTOR_FLAGS } from '../table/access.ts'
import { daemonFindings, hostFindings } from './daemon-findings.ts'
import { diskFindings } from './disk-findings.ts'
import { dockerFindings } from './docker-findings.ts'
import { failed, type Finding, ok, warning } from './finding.ts'
import { type GatewayFindings, gatewayFindings } from './gateway-findings.ts'

const MARKS = { ok: 'ok', warning: 'warning', failed: 'failed' } as const
/** Of what is looked at, in characters. */
const LEAST_WIDTH = 12
const COLOURS = { ok: 32, warning: 33, failed: 31 } as const

/** `sampan doctor` (cli.md 17.2). Status 1 when something fails. */
export async function run({ flags, isGiven, session }: Invocation<typeof DOCTOR_FLAGS>): Promise<number> {
  const { stack, finding } = await ofStack(session, flags)
  const gateway = connect(session, { flags, isGiven, stack })
  const isHere = /^https?:\/\/(127\.0\.0\.1|localhost|\[::1\])/.test(gateway.address.url)
  const [docker, server, disk] = await Promise.all([
    dockerFindings(session, isHere),
    gatewayFindings(session, gateway),
    diskFindings(session),
  ])
  const host = await ofHost(session, { gateway, isHere, contact: server.contact })
  const findings = [
    ...docker.findings,
    ...server.findings,
    ...ofArchitectures(docker.arch, server.arch),
    ...finding,
    ...disk,
    // Said already, from outside.
    ...host.filter(({ subject }) => subject !== 'queue'),
  ]
  if (!(await presentData(session, flags, findings))) {
    const width = Math.max(LEAST_WIDTH, ...findings.map(({ subject }) => subject.length))
    for (const one of findings) show(session, one, width)
  }
  return findings.some(({ state }) => state === 'failed') ? 1 : 0
}

/** The daemon looks at its host where it may be asked; where nothing answers, and it belongs here, this program does. */
function ofHost(
  session: Session,
  {
    gateway,
    isHere,
    contact,
  }: { gateway: GatewayClient; isHere: boolean; contact: GatewayFindings['contact'] },
): Promise<readonly Finding[]> {
  if (contact === 'known') return daemonFindings(gateway)
  return isHere && contact === 'silent' ? hostFindings(session) : Promise.resolve([])
}

async function ofStack(
  session: Session,
  flags: GatewayFlags,
): Promise<{ readonly stack: StackFile | null; readonly finding: readonly Finding[] }> {
  try {
    // As if no gateway were named: a broken file is to be told of.
    const stack = await projectOf(session, { flags, isGiven: () => false })
    if (stack === null) return { stack, finding: [] }
    const { path, functions } = stack
    return {
      stack,
      finding: [ok('stack file', `${path} names ${functions.map(({ name }) => name).join(', ')}`)],
    }
  } catch (error) {
    if (!(error instanceof CliError)) throw error
    return { stack: null, finding: [failed('stack file', error.message, error.hint)] }
  }
}

/** An image that is built here runs there only when both are of one kind. */
function ofArchitectures(here: string, there: string): readonly Finding[] {
  if (here === '' || there === '') return []
  const there64 = there === 'x86_64' ? 'amd64' : there === 'aarch64' ? 'arm64' : there
  if (here === there64) return [ok('architecture', here)]
  return [
    warning(
      'architecture',
      `images built here are for ${here}, the gateway runs ${there64}`,
      `Build on the gateway (sampan up), or with --platforms linux/${there64}`,
    ),
  ]
}

function show(session: Session, { subject, state, text, hint }: Finding, width: number): void {
  const [start, end] = hasColours(session, 'stdout') ? [`\u001B[${COLOURS[state]}m`, '\u001B[39m'] : ['', '']
  say(session, `${start}${MARKS[state].padEnd(7)}${end}  ${subject.padEnd(width)}  ${text}`)
  for (const line of hint === '' ? [] : hint.split('\n')) say(session, `${' '.repeat(width + 11)}${line}`)
}
