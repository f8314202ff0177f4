import { Agent, request } from 'node:http'
import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** How a call ended. */
export interface Ended {
  readonly path: string
  readonly beganMs: number
  readonly endedMs: number
  /** 0: the connection broke, and `text` says how. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** Calls a function over a few connections, one call after the other on each, until it is stopped. */
export class Callers {
  readonly ended: Ended[] = []
  readonly #agent: Agent
  readonly #stopping = new AbortController()
  readonly #workers: Promise<void>[]

  /** `pauseMs`: of each caller between its calls; a function with long pauses goes to sleep. */
  constructor(url: string, path: string, { callers, pauseMs }: { callers: number; pauseMs: number }) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: callers })
    this.#workers = Array.from({ length: callers }, async () => {
      while (!this.#stopping.signal.aborted) {
        this.ended.push(await this.#call(url, path))
        await sleep(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
      }
    })
  }

  /** Resolves when the calls under way have ended. */
  async stop(): Promise<readonly Ended[]> {
    this.#stopping.abort()
    await Promise.all(this.#workers)
    this.#agent.destroy()
    return this.ended
  }

  #call(url: string, path: string): Promise<Ended> {
    const beganMs = performance.now()
    return new Promise((resolve) => {
      const end = (status: number, headers: IncomingHttpHeaders, text: string): void =>
        resolve({ path, beganMs, endedMs: performance.now(), status, headers, text })
      const asked = request(`${url}/function/${path}`, { agent: this.#agent, method: 'POST' }, (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (part: string) => (text += part))
        answer.on('error', (error) => end(0, answer.headers, String(error)))
        answer.on('end', () => end(answer.statusCode ?? 0, answer.headers, text))
      })
      asked.on('error', (error) => end(0, {}, String(error)))
      asked.end('chaos')
    })
  }
}

/** Times at which something was so, from and to, by the process's clock. */
export class Spans {
  readonly #spans: { readonly fromMs: number; toMs: number }[] = []

  async during<T>(work: () => Promise<T>): Promise<T> {
    const span = { fromMs: performance.now(), toMs: Infinity }
    this.#spans.push(span)
    try {
      return await work()
    } finally {
      span.toMs = performance.now()
    }
  }

  overlap({ beganMs, endedMs }: Pick<Ended, 'beganMs' | 'endedMs'>): boolean {
    return this.#spans.some(({ fromMs, toMs }) => beganMs <= toMs && endedMs >= fromMs)
  }
}

/** What the function answers to `id` and to `sleep`. */
const RIGHT = /^(?:\{"host":"[0-9a-f]+"|slept )/

/** The longest wait that the daemon's settings allow a call, with some for a machine that has much to do. */
export const CALL_LIMIT_MS = 45_000

/**
 * Null for an answer as the documents promise it, else what is wrong: the function's own answer, or a refusal of the
 * gateway or the watchdog with a sentence. A call may break only while the daemon itself is ended.
 */
export function whyWrong(call: Ended, daemonAway: Spans): string | null {
  const { status, headers, text, beganMs, endedMs } = call
  const tookMs = endedMs - beganMs
  const told = `${call.path} after ${tookMs.toFixed(0)} ms: ${status} ${text.slice(0, 300)}`
  if (tookMs > CALL_LIMIT_MS) return `took too long: ${told}`
  switch (status) {
    case 200:
      return RIGHT.test(text) ? null : `not what it answers: ${told}`
    case 0:
      return daemonAway.overlap(call) ? null : `broken: ${told}`
    case 429:
      return text === '' ? `no reason: ${told}` : null
    case 503:
      if (headers['retry-after'] === undefined && !daemonAway.overlap(call)) return `no Retry-After: ${told}`
      return text === '' ? `no reason: ${told}` : null
    case 502:
    case 504:
      return text === '' ? `no reason: ${told}` : null
    default:
      return `not documented: ${told}`
  }
}
