import { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { isCall } from './request-target.ts'

/**
 * A request whose wish to upgrade counts only where we can grant it: a WebSocket to a function. Node takes every `Upgrade` header as the end of HTTP on the
 * connection as soon as someone listens for upgrades, and would lose the body of an ordinary request that merely offers `h2c`, as
 * Java's client does on each first request. A server may ignore the offer (RFC 9110, 7.8).
 */
export class GatewayRequest extends IncomingMessage {
  /** What the parser saw; the base constructor writes it before any field of ours could exist. */
  declare offersUpgrade: boolean | null

  constructor(socket: Socket) {
    super(socket)
  }

  get upgrade(): boolean {
    if (this.offersUpgrade !== true) return false
    if (this.method === 'CONNECT') return true
    return isCall(this.url ?? '') && /^\s*websocket\s*$/i.test(this.headers.upgrade ?? '')
  }

  set upgrade(offered: boolean | null) {
    this.offersUpgrade = offered
  }
}
