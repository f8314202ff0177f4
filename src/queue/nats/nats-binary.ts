import { access, constants } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import type { Clock } from '../../clock.ts'
import { runProgram } from '../../work/program.ts'

/** What a version means for us: it is not used, it is used and said to be risky, or nothing is to be said. */
export interface VersionVerdict {
  readonly use: 'refused' | 'warned' | 'fine'
  /** A sentence with cause and remedy; empty when fine. */
  readonly reason: string
}

/** A nats-server on this host that can be started. */
export interface NatsBinary {
  readonly path: string
  readonly version: string
  /**
   * Words to put in front of its command line, so that it ends when the daemon dies; empty where this host
   * cannot.
   */
  readonly lifeline: readonly string[]
}

export interface BinaryPlaces {
  /** Set by the operator: this one or none. */
  readonly serverPath?: string
  /** Where the one that is built with the daemon lies. */
  readonly builtPath: string
  /** The variable PATH. */
  readonly searchPath: string
}

/** Not to be started: the message is the sentence for the operator. */
export class NatsBinaryError extends Error {}

/** `scripts/build-nats.sh` has the exact one. */
const REMEDY = 'Take 2.14 or newer: "npm run build:nats" makes one'
/** Below, work queues lack what we rely on. */
const FLOOR = [2, 10] as const
/** Below, an answered call may be lost when the power goes, even with a sync for each message. */
const SAFE = [2, 14] as const
/** Below, nobody looks at faults any more, and delays may be lost too. */
const AGED = [2, 12] as const
const VERSION_LIMIT_MS = 10_000

/**
 * The version in what `nats-server --version` prints, or in a server's greeting; undefined when there is
 * none.
 */
export function parseVersion(text: string): string | undefined {
  return /(\d{1,4}\.\d{1,4}\.\d{1,4}(?:-[\w.]{1,40})?)/.exec(text)?.[1]
}

/**
 * Pure: what we think of this version. `whose` begins the sentence: "/usr/sbin/nats-server", "the server at
 * HOST".
 */
export function judgeVersion(version: string, whose: string): VersionVerdict {
  if (isBelow(version, FLOOR)) {
    const reason = `${whose} is nats-server ${version}, which is too old for queues: 2.10 is the oldest that is used. ${REMEDY}`
    return { use: 'refused', reason }
  }
  if (!isBelow(version, SAFE)) return { use: 'fine', reason: '' }
  const support = isBelow(version, AGED) ? ' and is not tested with this daemon' : ''
  const reason =
    `${whose} is nats-server ${version}, which is out of support${support}: when the power goes it may lose ` +
    `calls that were accepted, even with sync_interval: always. ${REMEDY}`
  return { use: 'warned', reason }
}

/**
 * Finds the server to start and asks for its version. Throws `NatsBinaryError` when there is none that can
 * be used.
 */
export async function findNatsBinary(
  places: BinaryPlaces,
  clock: Clock,
  signal: AbortSignal,
): Promise<NatsBinary> {
  const path = await pathOf(places)
  const setpriv = await onPath('setpriv', places.searchPath)
  // The same words that start it later. An old setpriv, or one of busybox, does not know them.
  const lifeline = setpriv === undefined ? [] : [setpriv, '--pdeathsig', 'TERM', '--']
  const within = AbortSignal.any([signal, clock.timeout(VERSION_LIMIT_MS)])
  const version = (await askVersion([...lifeline, path], within)) ?? (await askVersion([path], within))
  signal.throwIfAborted()
  if (version === undefined) {
    throw new NatsBinaryError(
      `${path} does not say its version: it is no nats-server for this machine. ${REMEDY}`,
    )
  }
  return { path, version: version.version, lifeline: version.words > 1 ? lifeline : [] }
}

async function pathOf({ serverPath, builtPath, searchPath }: BinaryPlaces): Promise<string> {
  if (serverPath !== undefined) {
    if (await isProgram(serverPath)) return serverPath
    throw new NatsBinaryError(
      `there is no program at ${serverPath}, where the settings say that nats-server is`,
    )
  }
  if (await isProgram(builtPath)) return builtPath
  const found = await onPath('nats-server', searchPath)
  if (found !== undefined) return found
  throw new NatsBinaryError(
    `nats-server is missing: neither ${builtPath} nor one on the PATH. Build it with "npm run build:nats", or name a server that runs elsewhere`,
  )
}

async function onPath(name: string, searchPath: string): Promise<string | undefined> {
  for (const folder of searchPath.split(delimiter)) {
    if (folder !== '' && (await isProgram(join(folder, name)))) return join(folder, name)
  }
  return undefined
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  )
}

async function askVersion(
  words: readonly string[],
  signal: AbortSignal,
): Promise<{ version: string; words: number } | undefined> {
  const [command = '', ...args] = words
  const program = { command, args: [...args, '--version'], input: '', mostOutputBytes: 4_096, env: {} }
  const end = await runProgram(program, signal).catch(() => undefined)
  const version = end?.code === 0 ? parseVersion(end.output) : undefined
  return version === undefined ? undefined : { version, words: words.length }
}

function isBelow(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return ownMajor < major || (ownMajor === major && ownMinor < minor)
}
