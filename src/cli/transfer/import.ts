import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import { deployAll } from '../deploy/deploy-all.ts'
import type { DeploymentBody } from '../deploy/deployment-body.ts'
import { stackDeployment } from '../deploy/stack-deployment.ts'
import { connect } from '../gateway/connect.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { warnOfPlainText } from '../gateway/plain-text.ts'
import { readStdin } from '../input/read-stdin.ts'
import { NamespaceClient } from '../namespaces/namespace-client.ts'
import { note, say } from '../session.ts'
import { stackIn } from '../stack/load-stack.ts'
import { readStackText } from '../stack/locate-stack.ts'
import { remarkText } from '../stack/remark.ts'
import { selectFunctions } from '../stack/select-functions.ts'
import type { StackFile } from '../stack/stack-file.ts'
import type { IMPORT_FLAGS } from '../table/transfer.ts'
import { type ImportPlan, importPlan } from './import-plan.ts'

type Asked = Invocation<typeof IMPORT_FLAGS>

/** Of what flags of `deploy` can say, only the namespace: the file says the rest. */
const NOTHING_ELSE = {
  env: [],
  'environment-file': [],
  label: [],
  annotation: [],
  secret: [],
  constraint: [],
  readonly: false,
  tag: 'latest',
  'read-template': false,
} as const

/**
 * `import`: deploys what `export` wrote, or any stack file whose images are there. All of it is checked and compared with what
 * runs before anything is changed; what was done and what was not is said when it cannot be finished.
 */
export async function run(asked: Asked): Promise<void> {
  const { flags, isGiven, session } = asked
  const stack = await stackOf(asked)
  const bodies = await bodiesOf(asked, stack)
  const gateway = connect(session, { flags, isGiven, stack })
  const plan = await importPlan(gateway, bodies)
  showPlan(asked, gateway, plan)
  refuseMissing(plan)
  if (flags['dry-run']) return
  warnOfPlainText(session, gateway.address, flags['tls-no-verify'])
  await carryOut(asked, gateway, plan)
}

/** Of the argument, of `-f`, or of standard input. The file that happens to be in this folder is not meant. */
async function stackOf({ args, flags, isGiven, session }: Asked): Promise<StackFile> {
  const [named = ''] = args
  if (named !== '' && isGiven('yaml')) throw new CliError('name the file once: as the argument, or with -f')
  const path = named || flags.yaml || '-'
  if (path === '-' && named === '' && session.stdin.isTTY === true)
    throw new CliError('name the file to import', { hint: 'Such as: sampan import functions.yaml' })
  const isStdin = path === '-'
  const text = isStdin ? (await readStdin(session)).toString('utf8') : await readStackText(session, path)
  const shown = isStdin ? 'standard input' : path
  const { stack, remarks } = stackIn(session, { text, path: shown }, flags)
  for (const remark of remarks) note(session, remarkText(shown, remark))
  const functions = selectFunctions(stack.functions, flags)
  if (functions.length === 0) throw new CliError(`there is nothing to import: ${shown} has no functions`)
  return { ...stack, functions }
}

/** All of them, or an error that names everything that is wrong. */
async function bodiesOf(
  { flags, session }: Asked,
  { functions }: StackFile,
): Promise<readonly DeploymentBody[]> {
  const how = { flags: { ...NOTHING_ELSE, namespace: flags.namespace } }
  const bodies: DeploymentBody[] = []
  const wrong: string[] = []
  for (const fn of functions) {
    try {
      bodies.push(await stackDeployment(session, fn, how))
    } catch (error) {
      if (!(error instanceof CliError)) throw error
      wrong.push(error.message.includes(fn.name) ? error.message : `${fn.name}: ${error.message}`)
    }
  }
  if (wrong.length > 0) throw new CliError(`nothing was done:\n${listOf(wrong)}`)
  return bodies
}

function showPlan(
  { session }: Asked,
  { address }: GatewayClient,
  { namespaces, functions }: ImportPlan,
): void {
  say(session, `To do at ${address.url}:`)
  for (const name of namespaces) say(session, `  make    namespace ${name}`)
  for (const { body, action, changes } of functions) {
    const details = action === 'update' ? ` (${changes.join(', ')})` : ''
    say(session, `  ${action.padEnd(6)}  ${placeOf(body)}${details}`)
  }
  const local = functions.filter(({ body, action }) => action !== 'keep' && body.image.startsWith('sha256:'))
  for (const { body } of local)
    note(
      session,
      `${placeOf(body)}: ${body.image.slice(0, 19)}… is an image without a name: only a host that has it can run it. Elsewhere build it with: sampan up`,
    )
}

function refuseMissing({ missing }: ImportPlan): void {
  if (missing.length === 0) return
  const lines = missing.map(
    ({ secret, namespace, of }) =>
      `${secret}${namespace === '' ? '' : ` in ${namespace}`}, for ${of.join(', ')}`,
  )
  const [first] = missing
  const at = first === undefined || first.namespace === '' ? '' : ` -n ${first.namespace}`
  throw new CliError(`nothing was done: secrets are missing:\n${listOf(lines)}`, {
    hint: `Make each with: sampan secret create ${first?.secret}${at} --from-file FILE`,
  })
}

async function carryOut(asked: Asked, gateway: GatewayClient, plan: ImportPlan): Promise<void> {
  const { flags, isGiven, session } = asked
  const left = plan.functions.filter(({ action }) => action !== 'keep')
  const open = new Set([
    ...plan.namespaces.map((name) => `namespace ${name}`),
    ...left.map(({ body }) => placeOf(body)),
  ])
  const done: string[] = []
  const onDone = (what: string): void => {
    open.delete(what)
    done.push(what)
  }
  try {
    const client = new NamespaceClient(gateway)
    for (const name of plan.namespaces) {
      await client.create({ name, labels: {}, annotations: {} })
      onDone(`namespace ${name}`)
    }
    const functions = left.map(({ body }) => ({
      name: body.service,
      body: () => Promise.resolve(body),
      onTaken: () => onDone(placeOf(body)),
    }))
    await deployAll(session, gateway, {
      functions,
      flags: { ...flags, update: true, replace: false, 'dry-run': false },
      isGiven,
    })
  } catch (error) {
    if (done.length > 0) note(session, `Done: ${done.join(', ')}.`)
    if (open.size > 0) note(session, `Not done: ${[...open].join(', ')}. The same command goes on from here.`)
    throw error
  }
}

function placeOf({ service, namespace = '' }: DeploymentBody): string {
  return `${service}${namespace === '' ? '' : `.${namespace}`}`
}

function listOf(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n')
}
