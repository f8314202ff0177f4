import type { Invocation } from '../args/command.ts'
import { pairsOf } from '../build/pairs.ts'
import { CliError } from '../cli-error.ts'
import { connect } from '../gateway/connect.ts'
import { warnOfPlainText } from '../gateway/plain-text.ts'
import { projectOf } from '../gateway/project.ts'
import { note } from '../session.ts'
import { loadStack } from '../stack/load-stack.ts'
import type { StackFile } from '../stack/stack-file.ts'
import type { DEPLOY_FLAGS } from '../table/deploy.ts'
import { checkFunction } from './check-function.ts'
import { deployAll, type PlannedDeployment } from './deploy-all.ts'
import { deploymentBody, type WantedFunction } from './deployment-body.ts'
import { environmentOf } from './environment-files.ts'
import { refuseBoth } from './send-deployment.ts'
import { stackDeployment } from './stack-deployment.ts'

type Asked = Invocation<typeof DEPLOY_FLAGS>

/** Flags that count only with `--image`: the stack file says these itself. */
const WITHOUT_STACK = ['fprocess', 'cpu-request', 'cpu-limit', 'memory-request', 'memory-limit'] as const

/** `deploy` (cli.md 3.6). Flags that name an image mean that image, whatever stack file is here (cli.md 19, trap 17). */
export async function run(asked: Asked): Promise<void> {
  const { flags, isGiven, session } = asked
  refuseBoth(flags)
  const isByFlags = flags.image !== '' || flags.name !== ''
  const stack = isByFlags ? await projectOf(session, { flags, isGiven }) : await loadStack(session, flags)
  const functions = isByFlags ? [ofFlags(asked)] : ofStack(asked, stack)
  const gateway = connect(session, { flags, isGiven, stack })
  if (!flags['dry-run']) warnOfPlainText(session, gateway.address, flags['tls-no-verify'])
  await deployAll(session, gateway, { functions, flags, isGiven })
}

function ofStack({ flags, isGiven, session }: Asked, stack: StackFile | null): readonly PlannedDeployment[] {
  if (stack === null || stack.functions.length === 0)
    throw new CliError(
      stack === null
        ? 'there is nothing to deploy: no stack.yaml is here, and no --image was given'
        : `there is nothing to deploy: ${stack.path} has no functions`,
      {
        hint: 'Write: sampan deploy --image IMAGE --name NAME   or make a function: sampan new NAME --lang node',
      },
    )
  for (const flag of WITHOUT_STACK)
    if (isGiven(flag)) note(session, `--${flag} means nothing with a stack file: write it there`)
  return stack.functions.map((fn) => ({ name: fn.name, body: () => stackDeployment(session, fn, { flags }) }))
}

function ofFlags({ flags, isGiven, session }: Asked): PlannedDeployment {
  if (isGiven('yaml'))
    throw new CliError('--yaml and --image or --name exclude each other', {
      hint: 'One function of a stack file is deployed with: -f FILE --filter NAME',
    })
  const { name, image, namespace } = flags
  if (name === '' || image === '')
    throw new CliError(
      `with --${name === '' ? 'image' : 'name'}, --${name === '' ? 'name' : 'image'} must be given, too`,
      {
        hint: 'One function of the stack file is deployed with: --filter NAME',
      },
    )
  const limits = { memory: flags['memory-limit'], cpu: flags['cpu-limit'] }
  const requests = { memory: flags['memory-request'], cpu: flags['cpu-request'] }
  const fixed = {
    name,
    image,
    namespace,
    process: flags.fprocess,
    constraints: flags.constraint,
    secrets: flags.secret,
    labels: Object.fromEntries(pairsOf('label', flags.label)),
    annotations: Object.fromEntries(pairsOf('annotation', flags.annotation)),
    limits,
    requests,
    readOnlyRootFilesystem: flags.readonly,
  } satisfies Omit<WantedFunction, 'environment'>
  const [problem] = checkFunction(fixed)
  if (problem !== undefined) throw new CliError(problem.message)
  const own = Object.fromEntries(pairsOf('env', flags.env))
  return {
    name,
    body: async () => {
      const ofFiles = await environmentOf(session, flags['environment-file'])
      return deploymentBody({ ...fixed, environment: { ...ofFiles, ...own } })
    },
  }
}
