import type {
  AsyncCall,
  AsyncCalls,
  AsyncQueues,
  CallHistoryAnswer,
  DeadLetterAnswer,
  DeadLetters,
} from '../../wire/async-answers.ts'
import { CliError } from '../cli-error.ts'
import type { GatewayFlags } from '../gateway/connect.ts'
import type { GatewayAnswer, GatewayClient } from '../gateway/gateway-client.ts'
import { connectProject } from '../gateway/project.ts'
import { queryOf } from '../gateway/query.ts'
import type { Session } from '../session.ts'

/** Parameters of a query; those that are empty are left out. */
export type Parameters = Readonly<Record<string, string>>

const ROOT = '/system/async'

/** The API of asynchronous calls (docs/async-api.md). */
export class AsyncClient {
  readonly #gateway: GatewayClient

  constructor(gateway: GatewayClient) {
    this.#gateway = gateway
  }

  static async connect(
    session: Session,
    asked: { readonly flags: GatewayFlags; readonly isGiven: (name: 'gateway') => boolean },
  ): Promise<AsyncClient> {
    return new AsyncClient((await connectProject(session, asked)).gateway)
  }

  get gateway(): GatewayClient {
    return this.#gateway
  }

  async queues(): Promise<AsyncQueues> {
    return this.#json('GET', '/queues')
  }

  async change(queue: string, action: 'pause' | 'resume'): Promise<void> {
    await this.#ask('POST', `/queues/${encodeURIComponent(queue)}/${action}`)
  }

  async purge(queue: string, parameters: Parameters): Promise<number> {
    const path = `/queues/${encodeURIComponent(queue)}${queryOf(parameters)}`
    return (await this.#json<{ readonly purged: number }>('DELETE', path)).purged
  }

  /** Newest first, page after page until there are `most`. */
  async calls(parameters: Parameters, most: number): Promise<readonly AsyncCall[]> {
    return pages(most, async (page) => {
      const { calls, next } = await this.#json<AsyncCalls>(
        'GET',
        `/calls${queryOf({ ...parameters, ...page })}`,
      )
      return { items: calls, next }
    })
  }

  /** All calls with a call id; the last one is the newest. */
  async callsOf(callId: string): Promise<readonly CallHistoryAnswer[]> {
    // A slash does not fit into a path, even escaped.
    if (callId.includes('/')) {
      const found = await this.calls({ callId }, 100)
      if (found.length === 0) throw new CliError(`no asynchronous call has the id ${callId}`)
      return found.toReversed().map((call) => ({ ...call, attempts: [] }))
    }
    return this.#json('GET', `/calls/${encodeURIComponent(callId)}`)
  }

  async cancel(callId: string): Promise<void> {
    const path = `/async-function/${encodeURIComponent(callId)}`
    await this.#checked(await this.#gateway.send({ method: 'DELETE', path }))
  }

  /** Newest first. */
  async deadLetters(parameters: Parameters, most: number): Promise<readonly AsyncCall[]> {
    return pages(most, async (page) => {
      const path = `/dead-letters${queryOf({ ...parameters, ...page })}`
      const { deadLetters, next } = await this.#json<DeadLetters>('GET', path)
      return { items: deadLetters, next }
    })
  }

  async deadLetter(id: string): Promise<DeadLetterAnswer> {
    return this.#json('GET', `/dead-letters/${encodeURIComponent(id)}`)
  }

  /** What the call was to bring; to be read. */
  async bodyOf(id: string): Promise<GatewayAnswer> {
    const answer = await this.#gateway.send({
      method: 'GET',
      path: `${ROOT}/dead-letters/${encodeURIComponent(id)}/body`,
      timeoutMs: 0,
    })
    if (answer.status !== 200) await this.#checked(answer)
    return answer
  }

  async replay(id: string): Promise<void> {
    await this.#ask('POST', `/dead-letters/${encodeURIComponent(id)}/replay`)
  }

  async remove(id: string): Promise<void> {
    await this.#ask('DELETE', `/dead-letters/${encodeURIComponent(id)}`)
  }

  /** How many. */
  async replayAll(parameters: Parameters): Promise<number> {
    const path = `/dead-letters/replay${queryOf(parameters)}`
    return (await this.#json<{ readonly replayed: number }>('POST', path)).replayed
  }

  /** How many. */
  async removeAll(parameters: Parameters): Promise<number> {
    const path = `/dead-letters${queryOf(parameters)}`
    return (await this.#json<{ readonly removed: number }>('DELETE', path)).removed
  }

  async #json<T>(method: string, path: string): Promise<T> {
    const text = await this.#ask(method, path)
    try {
      return JSON.parse(text) as T
    } catch (error) {
      throw new CliError(`the answer to ${path} is no JSON: ${text.slice(0, 200)}`, { cause: error })
    }
  }

  async #ask(method: string, path: string): Promise<string> {
    return this.#checked(await this.#gateway.send({ method, path: `${ROOT}${path}` }))
  }

  async #checked(answer: GatewayAnswer): Promise<string> {
    const text = await answer.text()
    if (answer.status >= 200 && answer.status < 300) return text
    // The gateway of another make, or one without a queue, does not know the route; ours says what it does not know.
    if (answer.status === 404 && /^\s*(404 page not found|not found)?\s*$/i.test(text))
      throw new CliError(`${this.#gateway.address.url} has no queue`, {
        hint: 'Asynchronous calls are switched off there (SAMPAN_ASYNC=off), or it is no Sampan.',
      })
    throw [404, 409].includes(answer.status)
      ? new CliError(text.trim())
      : this.#gateway.refusal(answer.status, text)
  }
}

/** Calls on a page; what the gateway gives at most. */
const PAGE = 1_000

interface Page<T> {
  readonly items: readonly T[]
  readonly next: string | undefined
}

async function pages<T>(most: number, read: (page: Parameters) => Promise<Page<T>>): Promise<readonly T[]> {
  const found: T[] = []
  let cursor = ''
  for (;;) {
    const limit = Math.min(PAGE, most - found.length)
    const { items, next = '' } = await read({ limit: String(limit), cursor })
    found.push(...items)
    if (next === '' || items.length === 0 || found.length >= most) return found.slice(0, most)
    cursor = next
  }
}
