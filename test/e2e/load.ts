import { Agent, request } from 'node:http'

/** One call that did not end as it must. */
export interface FailedCall {
  /** Milliseconds since the load began. */
  readonly atMs: number
  /** Status and body, or the error. */
  readonly what: string
}

export interface LoadResult {
  readonly calls: number
  readonly failed: readonly FailedCall[]
}

/** One call: its address, and what `node:http` is told beside it. */
export interface LoadedCall {
  readonly url: string
  readonly method?: string
  readonly body?: string
}

/** Null for a 200 that was read to its end, else what went wrong. Never rejects. */
function callOnce({ url, method = 'GET', body }: LoadedCall, agent: Agent): Promise<string | null> {
  return new Promise((done) => {
    const call = request(url, { agent, method }, (answer) => {
      let text = ''
      answer.setEncoding('utf8')
      answer.on('data', (part: string) => (text += part.slice(0, 500)))
      answer.on('error', (error) => done(String(error)))
      answer.on('end', () => done(answer.statusCode === 200 ? null : `${String(answer.statusCode)} ${text}`))
    })
    call.on('error', (error) => done(String(error)))
    call.end(body)
  })
}

/**
 * A call every `everyMs`, whether the ones before have been answered or not, until it is stopped. Timers are late now and then: those that
 * are due come together then.
 */
export class Arrivals {
  readonly #agent: Agent
  readonly #failed: FailedCall[] = []
  readonly #running = new Set<Promise<void>>()
  readonly #startMs = performance.now()
  readonly #timer: NodeJS.Timeout
  #calls = 0

  /** `keepAlive`: connections are used again, else each call has one of its own. */
  constructor(call: LoadedCall, everyMs: number, keepAlive = true) {
    this.#agent = new Agent({ keepAlive })
    let begun = 0
    this.#timer = setInterval(() => {
      const due = Math.floor((performance.now() - this.#startMs) / everyMs)
      for (; begun < due; begun += 1) {
        const running = this.#once(call).finally(() => this.#running.delete(running))
        this.#running.add(running)
      }
    }, everyMs)
  }

  /** Calls that succeeded so far. */
  get calls(): number {
    return this.#calls
  }

  /** Resolves when the calls under way have ended. */
  async stop(): Promise<LoadResult> {
    clearInterval(this.#timer)
    await Promise.all(this.#running)
    this.#agent.destroy()
    return { calls: this.#calls, failed: this.#failed }
  }

  async #once(call: LoadedCall): Promise<void> {
    const atMs = Math.round(performance.now() - this.#startMs)
    const what = await callOnce(call, this.#agent)
    if (what === null) this.#calls += 1
    else this.#failed.push({ atMs, what })
  }
}

/** Calls `url` over `connections` connections, each one call after the other, until it is stopped. */
export class Load {
  readonly #agent: Agent
  readonly #url: string
  readonly #failed: FailedCall[] = []
  readonly #workers: Promise<void>[]
  readonly #startMs = performance.now()
  #calls = 0
  #running = true

  constructor(url: string, connections: number) {
    this.#url = url
    this.#agent = new Agent({ keepAlive: true, maxSockets: connections })
    this.#workers = Array.from({ length: connections }, () => this.#work())
  }

  /** Calls that succeeded so far. */
  get calls(): number {
    return this.#calls
  }

  /** Resolves when the calls under way have ended. */
  async stop(): Promise<LoadResult> {
    this.#running = false
    await Promise.all(this.#workers)
    this.#agent.destroy()
    return { calls: this.#calls, failed: this.#failed }
  }

  async #work(): Promise<void> {
    while (this.#running) {
      const what = await callOnce({ url: this.#url }, this.#agent)
      if (what === null) this.#calls += 1
      else this.#failed.push({ atMs: Math.round(performance.now() - this.#startMs), what })
    }
  }
}
