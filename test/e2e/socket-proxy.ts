import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Stands between the daemon and the Docker engine's socket, so that a test can take the engine away without touching it. */
export class SocketProxy {
  readonly #target: string
  readonly #folder: string
  readonly #sockets = new Set<Socket>()
  #server: Server | null = null

  private constructor(folder: string, target: string) {
    this.#folder = folder
    this.#target = target
  }

  static async start(target = '/var/run/docker.sock'): Promise<SocketProxy> {
    const proxy = new SocketProxy(await mkdtemp(join(tmpdir(), 'sampan-proxy-')), target)
    await proxy.restore()
    return proxy
  }

  get path(): string {
    return join(this.#folder, 'docker.sock')
  }

  /** The engine is back. */
  async restore(): Promise<void> {
    this.#server = createServer((near) => this.#join(near)).listen(this.path)
    await once(this.#server, 'listening')
  }

  /** The engine is away: every connection breaks, and no new one can be made. */
  async cut(): Promise<void> {
    const server = this.#server
    if (server === null) return
    this.#server = null
    const closed = once(server, 'close')
    server.close()
    for (const socket of this.#sockets) socket.destroy()
    await closed
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.cut()
    await rm(this.#folder, { recursive: true, force: true })
  }

  #join(near: Socket): void {
    const far = connect(this.#target)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket)
      socket.pipe(other)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        this.#sockets.delete(socket)
        other.destroy()
      })
    }
  }
}
