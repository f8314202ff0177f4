import { open } from 'node:fs/promises'
import type { ContainerDetails } from '../engine/answers.ts'
import { Limiter } from '../../../work/limiter.ts'
import { type Listener, ownsAddress, parseListeners } from './listeners.ts'
import type { ReplicaTable } from '../replicas/replica-table.ts'

export interface ContainerSocketsOptions {
  readonly engine: { inspectContainer(id: string): Promise<ContainerDetails | null> }
  readonly table: ReplicaTable
  /** The host's `/proc`. */
  readonly procDir: string
}

/**
 * Sockets that listen stand first in the kernel's tables, which are as long as the container has connections.
 */
const MOST_BYTES = 64 * 1024

/**
 * What listens in a container, seen from the host without entering it: the kernel shows the sockets of a
 * network namespace to everybody who sees one of its processes.
 */
export class ContainerSockets {
  readonly #options: ContainerSocketsOptions
  /** A restarted daemon may find a thousand replicas. */
  readonly #inspections = new Limiter(8)

  constructor(options: ContainerSocketsOptions) {
    this.#options = options
  }

  /**
   * Null where we cannot know: an engine elsewhere or in a virtual machine, another PID namespace, a runtime
   * with a network stack of its own (gVisor). Told by the namespace not having the replica's address.
   */
  async listeners(id: string): Promise<readonly Listener[] | null> {
    const pid = await this.#pid(id)
    const host = this.#options.table.get(id)?.replica.host ?? ''
    if (pid === 0 || host === '') return null
    const dir = `${this.#options.procDir}/${pid}/net`
    const [addresses, tcp, tcp6] = await Promise.all([
      head(`${dir}/fib_trie`),
      head(`${dir}/tcp`),
      head(`${dir}/tcp6`),
    ])
    if (addresses === null || tcp === null || !ownsAddress(addresses, host)) return null
    // Without IPv6 in the kernel there is no table for it.
    return [...parseListeners(tcp), ...parseListeners(tcp6 ?? '')]
  }

  /**
   * Of the container's first process, on this host; 0 when not known. A container that was found, not made,
   * is asked for it once.
   */
  async #pid(id: string): Promise<number> {
    const { engine, table } = this.#options
    const known = table.get(id)?.pid ?? 0
    if (known !== 0) return known
    // An engine that is away tells nothing, which is no reason to fail.
    const details = await this.#inspections.run(() => engine.inspectContainer(id)).catch(() => null)
    const pid = details?.pid ?? 0
    table.change(id, { pid })
    return pid
  }
}

/** Its first bytes; null when it cannot be read. */
async function head(path: string): Promise<string | null> {
  const bytes = Buffer.alloc(MOST_BYTES)
  try {
    const file = await open(path)
    try {
      let length = 0
      // The kernel gives a page or so at a time.
      for (;;) {
        const { bytesRead } = await file.read(bytes, length, MOST_BYTES - length)
        length += bytesRead
        if (bytesRead === 0 || length === MOST_BYTES) return bytes.toString('latin1', 0, length)
      }
    } finally {
      await file.close()
    }
  } catch {
    return null
  }
}
