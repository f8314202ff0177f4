import { imageName } from '../build/image-name.ts'
import { pairsOf } from '../build/pairs.ts'
import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'
import type { StackFunction } from '../stack/stack-file.ts'
import { checkFunction } from './check-function.ts'
import { deploymentBody, type DeploymentBody } from './deployment-body.ts'
import { environmentOf } from './environment-files.ts'
import { processOf } from './template-process.ts'

/** What flags say about each function of a stack file. */
export interface OverridingFlags {
  readonly namespace: string
  readonly env: readonly string[]
  readonly 'environment-file': readonly string[]
  readonly label: readonly string[]
  readonly annotation: readonly string[]
  readonly secret: readonly string[]
  readonly constraint: readonly string[]
  readonly readonly: boolean
  readonly tag: string
  readonly 'read-template': boolean
}

/** A function of a stack file with what the flags say (cli.md 3.6). `image`: where a build told it. Throws `CliError`. */
export async function stackDeployment(
  session: Session,
  fn: StackFunction,
  { flags, image }: { readonly flags: OverridingFlags; readonly image?: string | undefined },
): Promise<DeploymentBody> {
  const [problem] = checkFunction(fn)
  if (problem !== undefined) throw new CliError(problem.message)
  return deploymentBody({
    name: fn.name,
    image: image ?? (await imageName(session, fn, flags.tag)),
    namespace: flags.namespace || fn.namespace,
    process: await processOf(session, fn, flags['read-template']),
    environment: {
      ...fn.environment,
      ...(await environmentOf(session, [...fn.environmentFiles, ...flags['environment-file']])),
      ...Object.fromEntries(pairsOf('env', flags.env)),
    },
    constraints: fn.constraints ?? flags.constraint,
    secrets: [...flags.secret, ...fn.secrets],
    labels: { ...fn.labels, ...Object.fromEntries(pairsOf('label', flags.label)) },
    annotations: { ...fn.annotations, ...Object.fromEntries(pairsOf('annotation', flags.annotation)) },
    limits: fn.limits,
    requests: fn.requests,
    readOnlyRootFilesystem: flags.readonly || fn.readOnlyRootFilesystem,
  })
}
