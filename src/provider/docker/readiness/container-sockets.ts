import { open } from 'node:fs/promises'
import { type Listener, ownsAddress, parseListeners } from './listeners.ts'
import type { ReplicaTable } from '../replicas/replica-table.ts'

export interface ContainerSocketsOptions {
  /** PID of the container's first process on this host; 0 when unknown. Never rejects. */
  readonly pid: (id: string) => Promise<number>
  readonly table: ReplicaTable
  /** The host's `/proc`. */
  readonly procDir: string
}

/** Listening sockets come first in the kernel's tables, which also list all connections of the container. */
const MOST_BYTES = 64 * 1024

/**
 * Finds out what listens in a container, from the host and without entering it: the kernel shows the sockets
 * of a network namespace to everybody who can see one of its processes.
 */
export class ContainerSockets {
  readonly #options: ContainerSocketsOptions

  constructor(options: ContainerSocketsOptions) {
    this.#options = options
  }

  /**
   * Null when it cannot be known: the engine is on another host or in a virtual machine, or has another PID
   * namespace, or the runtime has its own network stack (gVisor). This is recognised by a namespace that does
   * not have the replica's address.
   */
  async listeners(id: string): Promise<readonly Listener[] | null> {
    const pid = await this.#options.pid(id)
    const host = this.#options.table.get(id)?.replica.host ?? ''
    if (pid === 0 || host === '') return null
    const dir = `${this.#options.procDir}/${pid}/net`
    const [addresses, tcp, tcp6] = await Promise.all([
      head(`${dir}/fib_trie`),
      head(`${dir}/tcp`),
      head(`${dir}/tcp6`),
    ])
    if (addresses === null || tcp === null || !ownsAddress(addresses, host)) return null
    // Without IPv6 in the kernel this table does not exist.
    return [...parseListeners(tcp), ...parseListeners(tcp6 ?? '')]
  }
}

/** Its first bytes; null when it cannot be read. */
async function head(path: string): Promise<string | null> {
  const bytes = Buffer.alloc(MOST_BYTES)
  try {
    const file = await open(path)
    try {
      let length = 0
      // The kernel returns about a page at a time.
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
