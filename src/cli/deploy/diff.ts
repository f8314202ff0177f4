import type { Invocation } from '../args/command.ts'
import { imageName } from '../build/image-name.ts'
import { CliError } from '../cli-error.ts'
import { connect } from '../gateway/connect.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { queryOf } from '../gateway/query.ts'
import { hasColours, say, type Session } from '../session.ts'
import { requireStack } from '../stack/load-stack.ts'
import type { DIFF_FLAGS } from '../table/deploy.ts'
import { environmentOf } from './environment-files.ts'
import { attributesOf, type Comparable, type Difference, differences, type EnvSide } from './differences.ts'

interface Listed extends Comparable {
  readonly name: string
}

const NAMES = ['stack.yaml', 'deployed'] as const
const LEAST_WIDTH = 40

/**
 * `diff` (cli.md 3.18). Unlike faas-cli's it looks into the namespaces that the stack file names and into `environment_file`,
 * so that right after `deploy` there is no difference.
 */
export async function run({ flags, isGiven, session }: Invocation<typeof DIFF_FLAGS>): Promise<void> {
  const stack = await requireStack(session, flags)
  if (stack.functions.length === 0) throw new CliError(`no functions found in ${stack.path}`)
  const gateway = connect(session, { flags, isGiven, stack })
  const lists = new Map<string, readonly Listed[]>()
  let found = false
  for (const fn of stack.functions.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const namespace = flags.namespace || fn.namespace
    const listed = lists.get(namespace) ?? (await listOf(gateway, namespace))
    lists.set(namespace, listed)
    const deployed = listed.find(({ name }) => name === fn.name)
    const wanted = attributesOf({
      image: await imageName(session, fn, flags.tag),
      envProcess: fn.fprocess,
      envVars: { ...fn.environment, ...(await environmentOf(session, fn.environmentFiles)) },
      secrets: fn.secrets,
      constraints: fn.constraints ?? [],
      labels: fn.labels,
      annotations: fn.annotations,
      limits: fn.limits,
      requests: fn.requests,
      readOnlyRootFilesystem: fn.readOnlyRootFilesystem,
    })
    const rows: readonly Difference[] =
      deployed === undefined
        ? [{ field: 'function', here: 'defined in stack.yaml', there: 'not deployed' }]
        : differences(wanted, attributesOf(deployed), flags.env as EnvSide)
    if (rows.length === 0) continue
    found = true
    say(session, `${namespace === '' ? fn.name : `${fn.name}.${namespace}`}\n${shownAt(session, rows)}\n`)
  }
  if (found)
    throw new CliError('differences found', { hint: 'sampan deploy makes it as the stack file says.' })
  say(session, 'YAML matches deployment, no differences found.')
}

function listOf(gateway: GatewayClient, namespace: string): Promise<readonly Listed[]> {
  return gateway.json({ method: 'GET', path: `/system/functions${queryOf({ namespace })}` })
}

/** Side by side; at a terminal that is too narrow for it, one below the other. */
function shownAt(session: Session, rows: readonly Difference[]): string {
  const table = tableOf(rows)
  const { isTTY, columns = 0 } = session.stdout
  const widest = Math.max(...table.split('\n').map((line) => line.trimEnd().length))
  if (isTTY !== true || columns === 0 || widest <= columns) return table
  const [red, green, plain] = hasColours(session, 'stdout')
    ? ['\u001B[31m', '\u001B[32m', '\u001B[39m']
    : ['', '', '']
  return [
    `  - ${NAMES[0]}   + ${NAMES[1]}`,
    ...rows.flatMap(({ field, here, there }) => [
      ...(here === undefined ? [] : [`  ${red}- ${field}: ${here}${plain}`]),
      ...(there === undefined ? [] : [`  ${green}+ ${field}: ${there}${plain}`]),
    ]),
  ].join('\n')
}

/** Side by side, as wide as faas-cli's at least. */
function tableOf(rows: readonly Difference[]): string {
  const width = Math.max(...rows.map(({ field }) => field.length + 1), 'image:'.length)
  const cell = (mark: string, field: string, value: string | undefined): string =>
    value === undefined ? '' : `${mark} ${`${field}:`.padEnd(width)} ${value}`
  const here = rows.map(({ field, here }) => cell('-', field, here))
  const there = rows.map(({ field, there }) => cell('+', field, there))
  const widths = [here, there].map((cells) => Math.max(LEAST_WIDTH, ...cells.map(({ length }) => length)))
  const line = (left: string, right: string): string =>
    `  ${left.padEnd(widths[0] ?? 0)} | ${right.padEnd(widths[1] ?? 0)}`
  return [
    line(...NAMES),
    `  ${widths.map((count) => '-'.repeat(count)).join('-+-')}`,
    ...here.map((left, at) => line(left, there[at] ?? '')),
  ].join('\n')
}
