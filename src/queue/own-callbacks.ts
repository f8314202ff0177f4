import { createReadStream } from 'node:fs'
import { callCollected } from '../core/calls/call-collected.ts'
import { messageOf } from '../core/errors.ts'
import type { AsyncRequest } from '../core/calls/async-request.ts'
import { callbackHeaders } from './callbacks/callback-headers.ts'
import type { Callback } from './callbacks/callback.ts'
import type { SentCallback } from './run/callback-runner.ts'
import type { RunnerPorts } from './run/runner-options.ts'

const CALLS = '/function/'
const QUEUED_CALLS = '/async-function/'

export interface OwnCallbacksOptions {
  readonly invoke: RunnerPorts['invoke']
  readonly accept: (request: AsyncRequest) => Promise<unknown>
  /** Ours, for `User-Agent`. */
  readonly userAgent: string
}

/** Callbacks to functions of this gateway: calls as all others, without a connection to ourselves. */
export class OwnCallbacks {
  readonly #options: OwnCallbacksOptions

  constructor(options: OwnCallbacksOptions) {
    this.#options = options
  }

  /** `target`: path and query of the URL, beginning with the prefix of calls. Never rejects. */
  async deliver(callback: Callback, target: string, signal: AbortSignal): Promise<SentCallback> {
    try {
      if (target.startsWith(QUEUED_CALLS)) {
        await this.#options.accept(this.#request(callback, target.slice(QUEUED_CALLS.length)))
        return { kind: 'delivered' }
      }
      const { status } = await callCollected(
        this.#options.invoke,
        { ...this.#request(callback, target.slice(CALLS.length)), rawTrailers: [], forwardedPrefix: null },
        { mostBytes: 0, signal },
      )
      if (status >= 200 && status < 300) return { kind: 'delivered' }
      return { kind: 'failed', reason: `the function called back answered ${status}`, isFinal: false }
    } catch (error) {
      return { kind: 'failed', reason: messageOf(error), isFinal: false }
    }
  }

  /** `target`: name, path and query. */
  #request(callback: Callback, target: string): AsyncRequest & { readonly path: string } {
    const end = target.search(/[/?]/)
    const rest = end < 0 ? '' : target.slice(end)
    const { body, callId, startTime } = callback
    const isFile = !(body instanceof Uint8Array)
    const size = isFile ? body.size : body.length
    const headers = callbackHeaders(callback, { userAgent: this.#options.userAgent, signature: null })
    return {
      fn: end < 0 ? target : target.slice(0, end),
      method: 'POST',
      path: rest.startsWith('/') ? rest : `/${rest}`,
      rawHeaders: isFile ? [...headers, 'Content-Length', String(size)] : headers,
      body: isFile ? contentOf(body.path) : body,
      length: size,
      callId,
      startTime,
      forwardedFor: null,
      forwardedHost: null,
      queue: '',
    }
  }
}

/** Opened when it is read: one that nobody takes leaves no descriptor behind. */
async function* contentOf(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield* createReadStream(path)
}
