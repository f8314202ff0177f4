import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'

/** Below the five seconds after which common servers close an idle connection: the two must not meet. */
const IDLE_MS = 2_000

/** Idle connections of one agent, all hosts together. */
const MOST_IDLE = 8

/** The connections of callbacks: few, bounded for each host, and idle for a short time only. */
export class CallbackAgents {
  readonly #http: HttpAgent
  readonly #https: HttpsAgent

  constructor(mostPerHost: number) {
    const options = {
      keepAlive: true,
      maxSockets: mostPerHost,
      maxFreeSockets: mostPerHost,
      timeout: IDLE_MS,
      // The other order may hand out a socket that was destroyed in this turn.
      scheduling: 'fifo',
    } as const
    this.#http = bounded(new HttpAgent(options))
    this.#https = bounded(new HttpsAgent(options))
  }

  for(url: URL): HttpAgent {
    return url.protocol === 'https:' ? this.#https : this.#http
  }

  /** Connections that are open now, idle ones too. */
  get open(): number {
    return [this.#http, this.#https].reduce(
      (sum, agent) => sum + count(agent.sockets) + count(agent.freeSockets),
      0,
    )
  }

  /** Cuts all connections. */
  destroy(): void {
    this.#http.destroy()
    this.#https.destroy()
  }
}

function bounded<A extends HttpAgent>(agent: A): A {
  // Node's own listener came first and has put the socket among the idle ones, unless somebody waits for it.
  agent.on('free', (socket: Socket) => {
    const isIdle = Object.values(agent.freeSockets).some((sockets) => sockets?.includes(socket))
    if (isIdle && count(agent.freeSockets) > MOST_IDLE) socket.destroy()
  })
  return agent
}

/** Those that were destroyed in this turn are still listed. */
function count(sockets: HttpAgent['sockets']): number {
  const open = Object.values(sockets).map((some = []) => some.filter(({ destroyed }) => !destroyed).length)
  return open.reduce((sum, some) => sum + some, 0)
}
