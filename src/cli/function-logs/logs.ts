import type { Invocation } from '../args/command.ts'
import { CliError } from '../cli-error.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { connectProject } from '../gateway/project.ts'
import { warnOfPlainText } from '../gateway/plain-text.ts'
import { queryOf } from '../gateway/query.ts'
import { readGoTime } from '../output/go-time.ts'
import { note, say } from '../session.ts'
import type { LOGS_FLAGS } from '../table/logs.ts'
import { followLog } from './follow-log.ts'
import { formatRecord } from './log-format.ts'
import type { LogRecord } from './log-record.ts'

type LogsInvocation = Invocation<typeof LOGS_FLAGS>

/** Of what was written before, at a terminal: a page is read, a history is scrolled by. */
const LINES_AT_A_TERMINAL = 20

/** Who sees nothing for so long is told that there is nothing. */
const PATIENCE_MS = 2_000

/** cli.md 3.11 and 17.2. */
export async function run(invocation: LogsInvocation): Promise<void> {
  const { flags, isGiven, session } = invocation
  const show = recordPrinter(invocation)
  const { gateway, stack } = await connectProject(session, { flags, isGiven })
  if (!isJson(invocation)) warnOfPlainText(session, gateway.address, flags['tls-no-verify'])
  const names = await namesOf(invocation, gateway)
  const asked = { follow: flags.tail, since: sinceOf(invocation), lines: linesOf(invocation) }

  let hasAny = false
  const onRecord = (record: LogRecord): void => {
    hasAny = true
    show(record)
  }
  const none = (): void => {
    if (!hasAny)
      note(session, `No logs yet of ${names.join(', ')}${flags.tail ? '. Waiting for them.' : '.'}`)
  }
  const cancel = session.clock.after(PATIENCE_MS, () => flags.tail && none())
  // Whatever ends one of them for a reason that nobody foresaw ends all: the program must not wait for the others.
  const ending = new AbortController()
  const gone: string[] = []
  const follow = async (name: string): Promise<void> => {
    const ofStack = stack?.functions.find((one) => one.name === name)?.namespace ?? ''
    const namespace = flags.namespace || ofStack
    try {
      await followLog(session, { ...asked, name, namespace, gateway, onRecord, signal: ending.signal })
    } catch (error) {
      if (names.length === 1 || session.signal.aborted || !(error instanceof CliError)) throw error
      note(session, error.message)
      gone.push(name)
    }
  }
  try {
    await Promise.all(names.map(follow))
  } finally {
    cancel()
    ending.abort()
  }
  if (!flags.tail) none()
  if (gone.length > 0) throw new CliError(`no logs of ${gone.join(', ')}`)
}

async function namesOf({ args, flags }: LogsInvocation, gateway: GatewayClient): Promise<readonly string[]> {
  if (!flags.all) {
    if (args.length > 0) return [...new Set(args)]
    throw new CliError('function name is required', { hint: 'Name one or several, or say --all.' })
  }
  if (args.length > 0) throw new CliError('--all is all of them, so name none')
  const found = await gateway.json<readonly { readonly name: string }[] | null>({
    method: 'GET',
    path: `/system/functions${queryOf({ namespace: flags.namespace })}`,
  })
  const names = (found ?? []).map(({ name }) => name)
  if (names.length === 0) throw new CliError('there are no functions whose logs could be shown')
  return names
}

/** Writes what is asked for, in the form that is asked for. */
function recordPrinter(invocation: LogsInvocation): (record: LogRecord) => void {
  const { args, flags, isGiven, session } = invocation
  const isSeveral = args.length > 1 || flags.all
  const form = {
    output: isJson(invocation) ? 'json' : flags.output,
    timeFormat: flags['time-format'],
    withName: isGiven('name') ? flags.name : isSeveral,
    withInstance: flags.instance,
  }
  const pattern = patternOf(flags.grep)
  return (record) => {
    if (pattern === null || pattern.test(record.text)) say(session, formatRecord(record, form))
  }
}

function patternOf(text: string): RegExp | null {
  if (text === '') return null
  try {
    return new RegExp(text, 'u')
  } catch (error) {
    throw new CliError(`--grep ${text}: ${(error as Error).message}`, { cause: error })
  }
}

function isJson({ flags }: LogsInvocation): boolean {
  return flags.json || flags.output === 'json'
}

function sinceOf({ flags, session }: LogsInvocation): string {
  const { since, 'since-time': time } = flags
  if (time !== '') {
    if (readGoTime(time) !== null) return time
    throw new CliError(`invalid argument "${time}" for "--since-time" flag: it is no time`, {
      hint: 'Such as 2026-01-02T15:04:05Z',
    })
  }
  return since === 0 ? '' : new Date(session.clock.wall() - since).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** All that there is, as in faas-cli; at a terminal the last of it, unless something else is asked for. */
function linesOf({ flags, isGiven, session }: LogsInvocation): number {
  const isAsked = isGiven('lines') || flags.since !== 0 || flags['since-time'] !== ''
  return isAsked || session.stdout.isTTY !== true ? flags.lines : LINES_AT_A_TERMINAL
}
