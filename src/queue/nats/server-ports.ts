import { watch, type FSWatcher } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../../clock.ts'

/** Where a started server listens. */
export interface ServerAddress {
  readonly url: string
  /** Its page of health. */
  readonly healthUrl: string
}

const LOOK_MS = 200

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
 * (`ports_file_dir`). Rejects when `signal` aborts.
 */
export async function portsOf(
  { folder, pid, clock }: { readonly folder: string; readonly pid: number; readonly clock: Clock },
  signal: AbortSignal,
): Promise<ServerAddress> {
  let onChange = () => {}
  const watcher = watchOf(folder, () => onChange())
  try {
    for (;;) {
      const changed = new AbortController()
      onChange = () => changed.abort()
      const address = await look(folder, pid)
      if (address !== undefined) return address
      // The watch makes it quick; a system may have none to give, and the time is the net under it.
      await clock.sleep(LOOK_MS, AbortSignal.any([signal, changed.signal])).catch(() => {})
      signal.throwIfAborted()
    }
  } finally {
    watcher?.close()
  }
}

/** nats-server names the file after its program, which may be called anything. */
async function look(folder: string, pid: number): Promise<ServerAddress | undefined> {
  const name = (await readdir(folder)).find((each) => each.endsWith(`_${pid}.ports`))
  return name === undefined
    ? undefined
    : parsePorts(await readFile(join(folder, name), 'utf8').catch(() => ''))
}

/** Not the one of `fs/promises`, which loses what happens while nobody waits for it (Node 20). */
function watchOf(folder: string, onChange: () => void): FSWatcher | undefined {
  try {
    return watch(folder, onChange).on('error', () => {})
  } catch {
    return undefined
  }
}

function firstOf(ports: unknown, key: string): string | undefined {
  if (typeof ports !== 'object' || ports === null) return undefined
  const list: unknown = Object.entries(ports).find(([name]) => name === key)?.[1]
  const first: unknown = Array.isArray(list) ? list[0] : undefined
  return typeof first === 'string' ? first : undefined
}
