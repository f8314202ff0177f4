import { readdir, readFile, watch } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'

/** Where a started server listens. */
export interface ServerAddress {
  readonly url: string
  /** Its page of health. */
  readonly healthUrl: string
}

/** How often to look where the system has no watch to give. */
const LOOK_MS = 50

/** What a server wrote into its file of ports; undefined while that is not all there. */
export function parsePorts(text: string): ServerAddress | undefined {
  let ports: unknown
  try {
    ports = JSON.parse(text)
  } catch {
    return undefined
  }
  const [url, monitor] = [firstOf(ports, 'nats'), firstOf(ports, 'monitoring')]
  return url === undefined || monitor === undefined ? undefined : { url, healthUrl: `${monitor}/healthz` }
}

/**
 * Resolves when the server with this process id has said where it listens, which it does when it is ready
 * (`ports_file_dir`). To be called before it can have: what it says in between is not missed, for the folder is
 * looked at first. Rejects when `signal` aborts.
 */
export async function portsOf(
  { folder, pid, clock }: { readonly folder: string; readonly pid: number; readonly clock: Clock },
  signal: AbortSignal,
): Promise<ServerAddress> {
  // nats-server names the file after its program, which may be called anything.
  const look = async () => {
    const name = (await readdir(folder)).find((each) => each.endsWith(`_${pid}.ports`))
    return name === undefined
      ? undefined
      : parsePorts(await readFile(join(folder, name), 'utf8').catch(() => ''))
  }
  for await (const _change of changesIn(folder, clock, signal)) {
    const address = await look()
    if (address !== undefined) return address
  }
  signal.throwIfAborted()
  throw new Error(`the watch of ${folder} ended`)
}

/** Yields once at first, then at each change; by the clock where there is no watch. */
async function* changesIn(folder: string, clock: Clock, signal: AbortSignal): AsyncGenerator<void> {
  const over = new AbortController()
  try {
    const changes = watch(folder, { signal: AbortSignal.any([signal, over.signal]) })[Symbol.asyncIterator]()
    // The watch begins here; what happened before is seen by the look that the first yield asks for.
    const first = changes.next()
    // It may fail while nobody waits for it.
    first.catch(() => {})
    yield
    for (let change = await first; change.done !== true; change = await changes.next()) yield
  } catch {
    // No watch to be had: too many in this system, or none at all.
    for (; !signal.aborted; await clock.sleep(LOOK_MS, signal)) yield
  } finally {
    over.abort()
  }
}

function firstOf(ports: unknown, key: string): string | undefined {
  if (typeof ports !== 'object' || ports === null) return undefined
  const list: unknown = Object.entries(ports).find(([name]) => name === key)?.[1]
  const first: unknown = Array.isArray(list) ? list[0] : undefined
  return typeof first === 'string' ? first : undefined
}
