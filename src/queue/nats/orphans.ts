// A daemon that was killed may leave its nats-server behind, on the store that the next one needs. This
// finds it
// and ends it, and no other. How it is known: decision 0033.

import { readdir, readFile, stat } from 'node:fs/promises'
import type { Clock } from '../../clock.ts'

/** What says that a process is a server of ours. */
export interface OrphanProof {
  /** The server was started with this, and nothing else, as its configuration. */
  readonly configPath: string
  /** The folder that the configuration lies in: what the process sees there must be this very folder. */
  readonly folder: string
}

/** A process at a moment: its number may be another's later, its number with its start may not. */
export interface FoundProcess {
  readonly pid: number
  readonly startedAt: string
}

const LOOK_MS = 20

/** Whether a command line, as /proc has it, is that of a server with this configuration. Pure. */
export function isServerOf(commandLine: string, configPath: string): boolean {
  const words = commandLine.split('\0')
  // The last one is empty: each word is ended by a NUL.
  return words.length === 4 && words[1] === '-c' && words[2] === configPath && words[3] === ''
}

/** When a process began, in the system's ticks: field 22 of /proc/PID/stat. Pure. */
export function startOf(statLine: string): string | undefined {
  // The second field is a name in brackets, which may have blanks and brackets in it.
  const fields = statLine.slice(statLine.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? undefined : fields[19]
}

/** Every server that runs on our folder. None where there is no /proc. */
export async function findOrphans(proof: OrphanProof): Promise<readonly FoundProcess[]> {
  const names = await readdir('/proc').catch(() => [])
  const found: FoundProcess[] = []
  for (const name of names) {
    if (!/^\d{1,10}$/.test(name)) continue
    const startedAt = await proveOurs(Number(name), proof)
    if (startedAt !== undefined) found.push({ pid: Number(name), startedAt })
  }
  return found
}

/**
 * Ends it: SIGTERM, and SIGKILL when `patienceMs` were not enough, which loses nothing that was answered.
 * Resolves when it is gone; rejects when `signal` aborts or when it is not ours to end.
 */
export async function endOrphan(
  orphan: FoundProcess,
  { clock, patienceMs }: { readonly clock: Clock; readonly patienceMs: number },
  signal: AbortSignal,
): Promise<void> {
  const endMs = clock.now() + patienceMs
  let sent: NodeJS.Signals | undefined
  while (await isThere(orphan)) {
    const due = clock.now() >= endMs ? 'SIGKILL' : 'SIGTERM'
    if (due !== sent) process.kill(orphan.pid, due)
    sent = due
    await clock.sleep(LOOK_MS, signal)
  }
}

async function isThere({ pid, startedAt }: FoundProcess): Promise<boolean> {
  return (await startedAtOf(pid)) === startedAt
}

/** Since when it runs, if it is ours. Somebody else's processes may not even be looked at: not ours. */
async function proveOurs(pid: number, { configPath, folder }: OrphanProof): Promise<string | undefined> {
  try {
    const startedAt = await startedAtOf(pid)
    if (!isServerOf(await readFile(`/proc/${pid}/cmdline`, 'utf8'), configPath)) return undefined
    // A container may have a server with the same path in another file system.
    const [seen, own] = await Promise.all([stat(`/proc/${pid}/root${folder}`), stat(folder)])
    return seen.dev === own.dev && seen.ino === own.ino ? startedAt : undefined
  } catch {
    return undefined
  }
}

async function startedAtOf(pid: number): Promise<string | undefined> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return startOf(line)
}
