import type { Invocation } from '../args/command.ts'
import { isDev } from '../../core/functions/dev-mode.ts'
import { columns, cutToWidth } from '../output/columns.ts'
import { goJson } from '../output/go-json.ts'
import { formatGoTime, readGoTime } from '../output/go-time.ts'
import { presentData } from '../output/present.ts'
import { say, type Session } from '../session.ts'
import type { LIST_FLAGS } from '../table/functions.ts'
import { FunctionsClient, type ListedFunction } from './functions-client.ts'
import { statusFields } from './status-fields.ts'

type ListInvocation = Invocation<typeof LIST_FLAGS>

const WATCH_MS = 1_000

/** As Go shows the time of a function that does not say when it was deployed. */
const NEVER = '0001-01-01 00:00:00 +0000 UTC'

/** cli.md 3.8. */
export async function run(invocation: ListInvocation): Promise<void> {
  const { flags, isGiven, session } = invocation
  const client = await FunctionsClient.connect(session, { flags, isGiven })
  if (!flags.watch) return show(invocation, await listed(client, invocation))
  let before = ''
  while (!session.signal.aborted) {
    const functions = await listed(client, invocation)
    const now = goJson(functions)
    if (now !== before) {
      if (session.stdout.isTTY === true) session.stdout.write('\u001B[2J\u001B[H')
      else if (before !== '') say(session)
      await show(invocation, functions)
    }
    before = now
    await session.clock.sleep(WATCH_MS, session.signal).catch(() => undefined)
  }
}

async function listed(
  client: FunctionsClient,
  { flags }: ListInvocation,
): Promise<readonly ListedFunction[] | null> {
  if (!flags['all-namespaces']) {
    const found = await client.list(flags.namespace)
    return found === null ? null : sorted(found, flags.sort)
  }
  return sorted(await client.listEverywhere(), flags.sort)
}

/** Any other key leaves the order of the server, as in faas-cli. */
function sorted(functions: readonly ListedFunction[], key: string): readonly ListedFunction[] {
  switch (key) {
    case 'name':
      return functions.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    case 'invocations':
      return functions.toSorted((a, b) => (b.invocationCount ?? 0) - (a.invocationCount ?? 0))
    case 'creation':
      return functions.toSorted((a, b) => Date.parse(a.createdAt ?? '') - Date.parse(b.createdAt ?? ''))
    default:
      return functions
  }
}

async function show(invocation: ListInvocation, functions: readonly ListedFunction[] | null): Promise<void> {
  const { flags, session } = invocation
  const value = flags.output === '' ? (functions?.map(statusFields) ?? null) : functions
  if (await presentData(session, flags, value)) return
  const shown = functions ?? []
  if (flags.quiet || flags.output === 'name') for (const { name } of shown) say(session, name)
  else if (flags.output === 'wide') showWide(session, shown)
  else if (flags.verbose) showVerbose(session, shown)
  else {
    say(session, row(['Function', 'Invocations', 'Replicas'], [30, 15, 5]))
    for (const { name, invocationCount = 0, replicas = 0 } of shown)
      say(session, row([name, String(invocationCount), String(replicas)], [30, 15, 5]))
  }
}

function showVerbose(session: Session, functions: readonly ListedFunction[]): void {
  const widths = [30, Math.max(40, ...functions.map(({ image }) => image.length)), 15, 5, 5]
  say(session, row(['Function', 'Image', 'Invocations', 'Replicas', 'CreatedAt'], widths))
  for (const { name, image, invocationCount = 0, replicas = 0, createdAt } of functions)
    say(
      session,
      // With an empty column before the last one, as in faas-cli.
      row(
        [name, image, String(invocationCount), String(replicas), '', goTime(createdAt)],
        [...widths.slice(0, 4), 0, 5],
      ),
    )
}

function showWide(session: Session, functions: readonly ListedFunction[]): void {
  const rows = functions.map((one) => [
    one.name,
    one.namespace ?? '',
    stateOf(one),
    `${one.availableReplicas ?? 0}/${one.replicas ?? 0}`,
    String(one.invocationCount ?? 0),
    ageOf(one.createdAt, session.clock.wall()),
    shortImage(one.image),
  ])
  const table = columns(['NAME', 'NAMESPACE', 'STATE', 'READY', 'INVOCATIONS', 'AGE', 'IMAGE'], rows)
  say(session, cutToWidth(session, table))
}

/** The id of an image as Docker shows it. */
function shortImage(image: string): string {
  return image.replace(/^(sha256:[0-9a-f]{12})[0-9a-f]{52}$/, '$1')
}

/** What somebody works on need not be what its image has. */
function stateOf({ annotations, availableReplicas = 0 }: ListedFunction): string {
  const state = annotations?.['com.sampan.state'] ?? (availableReplicas > 0 ? 'ready' : '-')
  return isDev(annotations ?? {}) ? `${state} (dev)` : state
}

function row(cells: readonly string[], widths: readonly number[]): string {
  return cells.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('\t')
}

/** As Go's `Time.String`: with the zone it was written with, and what there is of fractions. */
function goTime(text: string | undefined): string {
  const time = readGoTime(text ?? '')
  return time === null ? NEVER : formatGoTime(time, '2006-01-02 15:04:05.999999999 -0700 MST')
}

function ageOf(text: string | undefined, nowMs: number): string {
  const seconds = Math.max(0, Math.round((nowMs - Date.parse(text ?? '')) / 1_000))
  if (Number.isNaN(seconds)) return '-'
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
  ] as const)
    if (seconds >= 2 * size) return `${Math.floor(seconds / size)}${unit}`
  return `${seconds}s`
}
