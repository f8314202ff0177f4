import type { FlagSpecs, FlagValues } from '../args/command.ts'
import { parseArguments } from '../args/parse.ts'
import { readContexts } from '../gateway/contexts-file.ts'
import { connectProject } from '../gateway/project.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { queryOf } from '../gateway/query.ts'
import { say, type Session } from '../session.ts'
import { GATEWAY, NAMESPACE } from '../table/common-flags.ts'
import { type Candidate, type Candidates, candidatesFor } from './candidates.ts'

/** After the last line, as cobra writes it: whether the shell may offer files. */
const FILES = ':0'
const NO_FILES = ':4'

/** Nobody waits longer for a name. */
const TIMEOUT_MS = 2_000

const KNOWN = { ...GATEWAY, ...NAMESPACE } as const satisfies FlagSpecs

type Names = Extract<Candidates, { readonly kind: 'names' }>['of']

/**
 * What the scripts of `completion` ask: the words of a command line, the last of which is being typed (maybe empty).
 * Answers a candidate on each line, with a tab and its help unless `isBare`. Never fails: a gateway that does not answer has no names.
 */
export async function complete(
  words: readonly string[],
  { session, isBare }: { readonly session: Session; readonly isBare: boolean },
): Promise<number> {
  const before = words.slice(0, -1)
  const last = words.at(-1) ?? ''
  const found = candidatesFor(before, last)
  for (const { word, help } of await listed(found, before, session)) {
    if (word.startsWith(last)) say(session, isBare || help === '' ? word : `${word}\t${help}`)
  }
  say(session, found.kind === 'files' ? FILES : NO_FILES)
  return 0
}

async function listed(
  found: Candidates,
  before: readonly string[],
  session: Session,
): Promise<readonly Candidate[]> {
  if (found.kind === 'words') return found.words
  if (found.kind !== 'names') return []
  const names = await namesOf(found.of, before, session).catch(() => [])
  return names.map((word) => ({ word, help: '' }))
}

async function namesOf(of: Names, before: readonly string[], session: Session): Promise<readonly string[]> {
  if (of === 'template') return templateNames(session)
  if (of === 'store-function') return storeNames(session)
  if (of === 'context') return Object.keys(readContexts(session).gateways)
  const { gateway, namespace } = await atGateway(before, session)
  const query = queryOf({ namespace })
  if (of === 'namespace') return texts(await read(gateway, '/system/namespaces'))
  if (of === 'function') return named(await read(gateway, `/system/functions${query}`))
  if (of === 'queue') return named(await read(gateway, '/system/async/queues'), 'queue')
  return of === 'secret' ? named(await read(gateway, `/system/secrets${query}`)) : []
}

/** With what the command line already says about the gateway and the namespace. */
async function atGateway(before: readonly string[], session: Session) {
  const { values, given } = parseKnown(before, KNOWN)
  const flags = values as FlagValues<typeof KNOWN>
  const { gateway } = await connectProject(session, { flags, isGiven: (name) => given.has(name) })
  return { gateway, namespace: flags.namespace }
}

/** The flags of a command line that may have others: only words that look like these are read. */
function parseKnown(words: readonly string[], specs: FlagSpecs) {
  const known = new Set(
    Object.entries(specs).flatMap(([name, { short }]) => [`--${name}`, `-${short ?? ''}`]),
  )
  const own = words.flatMap((word, at) => {
    const name = word.split('=')[0] ?? ''
    if (!known.has(name)) return []
    const isSwitch = specs[name.slice(2)]?.kind === 'bool'
    return word.includes('=') || isSwitch ? [word] : [word, words[at + 1] ?? '']
  })
  return parseArguments(own, specs)
}

async function read(gateway: GatewayClient, path: string): Promise<unknown> {
  return gateway.json<unknown>({ method: 'GET', path, timeoutMs: TIMEOUT_MS })
}

function named(answer: unknown, key = 'name'): readonly string[] {
  return Array.isArray(answer) ? texts(answer.map((one: Readonly<Record<string, unknown>>) => one[key])) : []
}

function texts(answer: unknown): readonly string[] {
  return Array.isArray(answer) ? answer.filter((one): one is string => typeof one === 'string') : []
}

async function templateNames(session: Session): Promise<readonly string[]> {
  const { localNames } = await import('../templates/find-template.ts')
  return localNames(session)
}

/** What is known without the network: pressing a key must not wait for it. */
async function storeNames(session: Session): Promise<readonly string[]> {
  const { catalogue } = await import('../store/catalogue.ts')
  return (await catalogue(session, { url: '', isOffline: true })).map(({ name }) => name)
}
