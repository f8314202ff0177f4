import type { Invocation } from '../args/command.ts'
import { presentData } from '../output/present.ts'
import { say } from '../session.ts'
import type { DESCRIBE_FLAGS } from '../table/functions.ts'
import { FunctionsClient, type ListedFunction, type Resources } from './functions-client.ts'

/** cli.md 3.9. */
export async function run({
  args,
  flags,
  isGiven,
  session,
}: Invocation<typeof DESCRIBE_FLAGS>): Promise<void> {
  const [name = ''] = args
  const client = await FunctionsClient.connect(session, { flags, isGiven })
  const namespace = client.namespaceOf(name, flags.namespace)
  const found = await client.get(name, namespace)
  const same = (await client.list(namespace))?.find((one) => one.name === found.name)
  const shown = { ...found, invocationCount: same?.invocationCount ?? 0 }
  const status = (shown.availableReplicas ?? 0) > 0 ? 'Ready' : 'Not Ready'
  const place = `${found.name}${namespace === '' ? '' : `.${namespace}`}`
  const url = `${client.gateway.address.url}/function/${place}`
  const asyncUrl = `${client.gateway.address.url}/async-function/${place}`
  const data = {
    ...shown,
    Status: status,
    InvocationCount: shown.invocationCount,
    URL: url,
    AsyncURL: asyncUrl,
  }
  if (await presentData(session, flags, data)) return
  const rows: readonly (readonly [string, string])[] = [
    ['Name', shown.name],
    ['Status', status],
    ['Replicas', String(shown.replicas ?? 0)],
    ['Available Replicas', String(shown.availableReplicas ?? 0)],
    ['Invocations', String(shown.invocationCount)],
    ['Image', shown.image],
    ['Function Process', shown.envProcess || '<default>'],
    ['URL', url],
    ['Async URL', asyncUrl],
  ]
  for (const [label, text] of rows) say(session, `${`${label}:`.padEnd(WIDTH)}${text}`)
  for (const [label, lines] of blocksOf(shown)) {
    if (lines.length > 0 || flags.verbose) block(label, lines.length === 0 ? ['<none>'] : lines)
  }

  function block(label: string, lines: readonly string[]): void {
    for (const [at, line] of lines.entries())
      say(session, `${(at === 0 ? `${label}:` : '').padEnd(WIDTH)}${line}`)
  }
}

const WIDTH = 22

function blocksOf(fn: ListedFunction): readonly (readonly [string, readonly string[]])[] {
  const { usage } = fn
  return [
    ['Labels', pairs(fn.labels ?? {})],
    ['Annotations', pairs(fn.annotations ?? {})],
    ['Constraints', fn.constraints ?? []],
    ['Environment', pairs(fn.envVars ?? {})],
    ['Secrets', fn.secrets ?? []],
    ['Requests', resources(fn.requests)],
    ['Limits', resources(fn.limits)],
    [
      'Usage',
      usage === undefined
        ? []
        : [
            `RAM: ${((usage.totalMemoryBytes ?? 0) / 1_048_576).toFixed(2)} MB`,
            `CPU: ${(usage.cpu ?? 0).toFixed(0)} Mi`,
          ],
    ],
  ]
}

function pairs(map: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(map)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${value}`)
}

function resources(given: Resources | undefined): readonly string[] {
  const { cpu = '', memory = '' } = given ?? {}
  return [...(cpu === '' ? [] : [`CPU: ${cpu}`]), ...(memory === '' ? [] : [`Memory: ${memory}`])]
}
