import type { Session } from '../session.ts'
import { buildxVersion, type EngineVersion, engineVersion, type NoEngine } from './docker-command.ts'
import { failed, type Finding, ok, warning } from './finding.ts'

/** Docker as this machine has it. `isGatewayHere`: functions are to run on it, too. */
export async function dockerFindings(
  session: Session,
  isGatewayHere: boolean,
): Promise<{ readonly findings: readonly Finding[]; readonly arch: string }> {
  const [engine, buildx] = await Promise.all([engineVersion(session), buildxVersion(session)])
  if (!isEngine(engine)) return { findings: [noEngine(engine, isGatewayHere)], arch: '' }
  const { version, os, arch } = engine
  return { findings: [ok('Docker', `${version}, ${os}/${arch}`), ofBuildx(buildx)], arch }
}

function isEngine(found: EngineVersion | NoEngine): found is EngineVersion {
  return 'version' in found
}

function noEngine({ reason, hasCommand }: NoEngine, isGatewayHere: boolean): Finding {
  const hint = /permission denied|EACCES/i.test(reason)
    ? 'This user may not use Docker. Run: sudo usermod -aG docker "$USER"   and log in again'
    : /ENOENT|ECONNREFUSED|daemon running/i.test(reason)
      ? 'Start it: sudo systemctl start docker   or install it: https://docs.docker.com/engine/install/'
      : hasCommand
        ? 'See: docker version'
        : 'Install Docker, or use a gateway on a machine that has it.'
  if (isGatewayHere) return failed('Docker', reason, hint)
  return warning('Docker', `${reason}. What the gateway builds itself needs none here`, hint)
}

function ofBuildx(found: Awaited<ReturnType<typeof buildxVersion>>): Finding {
  const hint =
    'Images are built without it, but not with build secrets, nor for other platforms. Debian: apt install docker-buildx'
  if (found === null) return warning('buildx', 'there is no docker command', hint)
  return found === 'absent' ? warning('buildx', 'not installed', hint) : ok('buildx', found.text)
}
