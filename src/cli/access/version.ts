import { buildInfo } from '../../version.ts'
import type { Invocation } from '../args/command.ts'
import { connectProject } from '../gateway/project.ts'
import { goJson } from '../output/go-json.ts'
import { note, say } from '../session.ts'
import type { VERSION_FLAGS } from '../table/access.ts'

interface ServerInfo {
  readonly version?: { readonly release?: string; readonly sha?: string }
  readonly provider?: {
    readonly provider?: string
    readonly orchestration?: string
    readonly version?: { readonly release?: string; readonly sha?: string }
  }
}

/** A gateway that does not answer has no version: that is no reason to wait long. */
const TIMEOUT_MS = 5_000

/** cli.md 3.19. */
export async function run({ flags, isGiven, session }: Invocation<typeof VERSION_FLAGS>): Promise<number> {
  const { release, sha } = buildInfo()
  if (flags['short-version']) {
    say(session, release)
    return 0
  }
  let uri = ''
  let info: ServerInfo | null = null
  let failure = ''
  try {
    // A stack file that is broken keeps nobody from the version of this program.
    const { gateway } = await connectProject(session, { flags, isGiven })
    uri = gateway.address.url
    info = await gateway.json<ServerInfo>({ method: 'GET', path: '/system/info', timeoutMs: TIMEOUT_MS })
  } catch (error) {
    failure = (error as Error).message
  }
  const { version: of = {}, provider = {} } = info ?? {}
  const asJson = flags.json || flags.output === 'json'
  if (asJson) {
    say(
      session,
      goJson({
        cli: { commit: sha, version: release },
        ...(info !== null && {
          gateway: { uri, version: of.release ?? '', sha: of.sha ?? '' },
          provider: {
            name: provider.provider ?? '',
            orchestration: provider.orchestration ?? '',
            version: provider.version?.release ?? '',
            sha: provider.version?.sha ?? '',
          },
        }),
      }),
    )
  } else {
    say(session, `CLI:\n commit:  ${sha}\n version: ${release}`)
    if (info !== null) {
      say(session, `\nGateway\n uri:     ${uri}\n version: ${of.release ?? ''}\n sha:     ${of.sha ?? ''}`)
      const { provider: name = '', orchestration = '', version: its = {} } = provider
      say(
        session,
        `\nProvider\n name:          ${name}\n orchestration: ${orchestration}\n version:       ${its.release ?? ''}\n sha:           ${its.sha ?? ''}`,
      )
    }
  }
  if (failure !== '') note(session, failure)
  // Scripts that read the JSON must not take half of it for all.
  return asJson && info === null ? 1 : 0
}
