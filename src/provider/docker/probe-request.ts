import http from 'node:http'
import type { Clock } from '../../clock.ts'
import { isGoodStatus, type Probe } from './probe.ts'

export interface ProbeTarget {
  readonly host: string
  readonly port: number
  readonly probe: Probe
}

/** Asks once; answers whether the answer was good. */
export type Ask = (target: ProbeTarget, signal: AbortSignal) => Promise<boolean>

/** Asks over HTTP. Whatever goes wrong is a bad answer. */
export function httpAsk(clock: Clock): Ask {
  return ({ host, port, probe }, signal) => {
    // Without an address Node would ask this very host, where our own gateway answers.
    if (host === '') return Promise.resolve(false)
    return new Promise((resolve) => {
      const request = http.get(
        {
          host,
          port,
          path: probe.path,
          // A connection of its own: the replica is not trusted to leave a kept one in order.
          agent: false,
          headers: { 'User-Agent': 'kube-probe/sampan', Connection: 'close' },
          insecureHTTPParser: false,
        },
        (response) => settle(isGoodStatus(probe.accept, response.statusCode ?? 0)),
      )
      const settle = (isGood: boolean) => {
        cancelTimeout()
        signal.removeEventListener('abort', giveUp)
        request.destroy()
        resolve(isGood)
      }
      const giveUp = () => settle(false)
      // Timers come before sockets in a turn of the event loop: after a long one an answer may be there that nobody has read.
      const cancelTimeout = clock.after(probe.timeoutMs, () => setImmediate(giveUp))
      signal.addEventListener('abort', giveUp, { once: true })
      request.on('error', giveUp)
    })
  }
}
