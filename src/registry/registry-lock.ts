import { createConnection, createServer, type Server } from 'node:net'
import type { Log } from '../log.ts'
import { RegistryError } from './registry-error.ts'

/**
 * Tells every process on this host that a registry is in use. The lock on its file is not enough: a copied
 * data folder is another file with the same id, and two daemons with one id would each treat the other's
 * containers as its own. An abstract socket (Linux, unix(7)) disappears with its process, however that ends.
 */
export class RegistryLock {
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** Throws `RegistryError` when a process of this host has the registry, or a copy of it. */
  static async take(id: string, log: Log): Promise<RegistryLock> {
    const server = createServer((socket) => socket.destroy())
    try {
      await listen(server, nameOf(id))
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') {
        throw new RegistryError(
          "another Sampan on this host runs with a copy of this registry. Stop it: two of them would remove each other's containers. " +
            'For a second daemon begin with an empty data folder and a SAMPAN_INSTANCE of its own.',
          { cause: error, mayPass: true },
        )
      }
      log.warn('copies of this registry running on this host cannot be detected', { err: error })
    }
    server.unref()
    return new RegistryLock(server)
  }

  /** Whether a process of this host has the registry with this id, or a copy of it. */
  static isTaken(id: string): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = createConnection(nameOf(id))
      const end = (isTaken: boolean) => {
        socket.destroy()
        resolve(isTaken)
      }
      socket.on('connect', () => end(true)).on('error', () => end(false))
    })
  }

  release(): void {
    this.#server.close()
  }
}

function nameOf(id: string): string {
  return `\0sampan/registry/${id}`
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      // A later one must not end the daemon.
      server.on('error', () => {})
      resolve()
    })
  })
}
