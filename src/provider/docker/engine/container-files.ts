import { Readable } from 'node:stream'
import { hasCode } from '../../../core/errors.ts'
import { tarEnd, tarHead } from '../../../core/tar.ts'
import type { Call } from './transport.ts'

/** What this needs of `transport.ts`. */
export interface FileTransport {
  ask(call: Call): Promise<unknown>
}

/** Unpacking takes the engine as long as its disk does. */
const UNPACK_MS = 60_000

/** The engine's calls for files of a container, and for signals to its first process. */
export class ContainerFiles {
  readonly #transport: FileTransport

  constructor(transport: FileTransport) {
    this.#transport = transport
  }

  /**
   * Unpacks a tar archive in a folder of the container. Links in the folder's path are followed in the
   * container, never out of it. Throws `not-found` when there is no such folder, or no such container.
   */
  async put(id: string, folder: string, archive: Uint8Array): Promise<void> {
    await this.#transport.ask({
      method: 'PUT',
      path: `/containers/${id}/archive`,
      query: { path: folder },
      file: Readable.from([archive], { objectMode: false }),
      doing: 'write files into the container',
      timeoutMs: UNPACK_MS,
    })
  }

  /** Whether the container has a file or folder there. */
  async has(id: string, path: string): Promise<boolean> {
    try {
      await this.#transport.ask({
        method: 'HEAD',
        path: `/containers/${id}/archive`,
        query: { path },
        doing: 'look for a file in the container',
      })
      return true
    } catch (error) {
      if (hasCode(error, 'not-found')) return false
      throw error
    }
  }

  /**
   * Removes a file or folder; answers whether it is gone. The engine has no call for that: it replaces what
   * is in the way of an entry of an archive, and then cannot make this one, a hard link to itself (seen with
   * Docker 20.10). So its failure tells nothing, and it is looked whether the file is there.
   */
  async remove(id: string, { folder, path }: { folder: string; path: string }): Promise<boolean> {
    const whole = `${folder}/${path}`
    if (!(await this.has(id, whole))) return true
    const head = tarHead({ path, kind: 'hardlink', mode: 0o644, bytes: 0, target: path })
    try {
      await this.put(id, folder, Buffer.concat([head, tarEnd()]))
    } catch (error) {
      if (!hasCode(error, 'unavailable') && !hasCode(error, 'invalid')) throw error
    }
    return !(await this.has(id, whole))
  }

  /** To its first process. `conflict` when it does not run. */
  async signal(id: string, signal: 'SIGUSR2'): Promise<void> {
    await this.#transport.ask({
      method: 'POST',
      path: `/containers/${id}/kill`,
      query: { signal },
      doing: 'signal the container',
    })
  }
}
