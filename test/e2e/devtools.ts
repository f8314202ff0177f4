import { WebSocket } from 'undici'

type Fields = Readonly<Record<string, unknown>>

interface Message {
  readonly id?: number
  readonly sessionId?: string
  readonly method?: string
  readonly params?: Fields
  readonly result?: Fields
  readonly error?: { readonly message: string }
}

/** A command that a browser has not answered yet. */
interface Pending {
  resolve(result: Fields): void
  reject(error: Error): void
}

/** A connection to a browser by the DevTools protocol: commands, and events by session. */
export class DevTools {
  readonly #socket: WebSocket
  readonly #pending = new Map<number, Pending>()
  readonly #listeners = new Map<string, (method: string, params: Fields) => void>()
  #serial = 0

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#receive(JSON.parse(String(data)) as Message))
    socket.addEventListener('close', () => {
      for (const { reject } of this.#pending.values()) reject(new Error('the browser has ended'))
    })
  }

  static connect(address: string): Promise<DevTools> {
    const socket = new WebSocket(address)
    return new Promise((resolve, reject) => {
      socket.addEventListener('open', () => resolve(new DevTools(socket)))
      socket.addEventListener('error', () => reject(new Error(`no connection to ${address}`)))
    })
  }

  /** Answers what the browser answers; throws what it says went wrong. */
  send(method: string, params: Fields = {}, sessionId?: string): Promise<Fields> {
    this.#serial += 1
    const id = this.#serial
    this.#socket.send(JSON.stringify({ id, method, params, sessionId }))
    return new Promise((resolve, reject) => this.#pending.set(id, { resolve, reject }))
  }

  /** `listener` is told of every event of this session. */
  listen(sessionId: string, listener: (method: string, params: Fields) => void): void {
    this.#listeners.set(sessionId, listener)
  }

  close(): void {
    this.#socket.close()
  }

  #receive({ id, sessionId, method, params, result, error }: Message): void {
    if (id === undefined) {
      this.#listeners.get(sessionId ?? '')?.(method ?? '', params ?? {})
      return
    }
    const pending = this.#pending.get(id)
    this.#pending.delete(id)
    if (error === undefined) pending?.resolve(result ?? {})
    else pending?.reject(new Error(error.message))
  }
}
