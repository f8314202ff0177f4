import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Whoever is called back: counts what came, by call id. */
export class CallbackReceiver {
  /** How often each call was told of. */
  readonly times = new Map<string, number>()
  /** Statuses that functions answered with. */
  readonly statuses = new Map<string, number>()
  bytes = 0
  readonly #server = createServer((request, response) => {
    void this.#take(request).then(
      () => response.end(),
      // The daemon was killed while it sent.
      () => response.destroy(),
    )
  })

  static async start(): Promise<CallbackReceiver> {
    const receiver = new CallbackReceiver()
    receiver.#server.listen(0, '127.0.0.1')
    await once(receiver.#server, 'listening')
    return receiver
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/done`
  }

  async #take(request: IncomingMessage): Promise<void> {
    for await (const chunk of request) this.bytes += (chunk as Buffer).length
    const { 'x-function-status': status, 'x-call-id': callId } = request.headers
    increase(this.times, String(callId))
    increase(this.statuses, String(status))
  }

  [Symbol.dispose](): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

function increase(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
