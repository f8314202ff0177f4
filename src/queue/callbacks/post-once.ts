import { request as httpRequest, type Agent, type ClientRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { LookupFunction } from 'node:net'
import { deferred, type Clock } from '../../clock.ts'
import { sendBody, sizeOf } from './body-source.ts'
import type { CallbackBody } from './callback.ts'
import { bareHost } from './address-policy.ts'
import { portOf } from './callback-url.ts'

/** More of an answer than this is not waited for: nobody reads it. */
const MOST_ANSWER_BYTES = 64 * 1024
const LONGEST_ANSWER_MS = 1_000

/** Node's 250 ms for each address of a name are too short for a far host, and the second one may not work. */
const ADDRESS_MS = 2_500

export interface Post {
  readonly url: URL
  /** Those of the connection left out. */
  readonly rawHeaders: readonly string[]
  readonly body: CallbackBody
  readonly agent: Agent
  readonly lookup: LookupFunction
  readonly clock: Clock
}

export interface Answer {
  readonly status: number
  /** Where a redirect leads to. */
  readonly location: string | undefined
}

/**
 * One POST. Resolves when there was an answer and the connection is free or cut, whatever else the peer
 * does; rejects with the signal's reason, or what went wrong before the head of the answer had come.
 */
export async function postOnce(post: Post, signal: AbortSignal): Promise<Answer> {
  signal.throwIfAborted()
  const request = open(post)
  const answered = deferred<IncomingMessage>()
  // A request that waits for a connection tells of its end only when it gets one: hence the rejection here.
  const abort = () => {
    answered.reject(signal.reason)
    request.destroy(signal.reason instanceof Error ? signal.reason : undefined)
  }
  request.once('response', (response) => answered.resolve(response))
  request.on('error', (error) => answered.reject(error))
  request.once('close', () => answered.reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
  signal.addEventListener('abort', abort, { once: true })
  const sent = sendBody(post.body, request).catch((error: unknown) => answered.reject(error))
  let response: IncomingMessage | null = null
  try {
    response = await answered.promise
    await drain(response, post.clock)
    return { status: response.statusCode ?? 0, location: response.headers.location }
  } finally {
    signal.removeEventListener('abort', abort)
    // Both ways are over, or the connection is.
    if (!request.writableFinished || response?.complete !== true) request.destroy()
    await sent
  }
}

function open({ url, rawHeaders, body, agent, lookup }: Post): ClientRequest {
  const make = url.protocol === 'https:' ? httpsRequest : httpRequest
  const options: RequestOptions & { readonly autoSelectFamilyAttemptTimeout: number } = {
    method: 'POST',
    host: bareHost(url.hostname),
    port: portOf(url),
    path: url.pathname + url.search,
    headers: ['Host', url.host, ...rawHeaders, 'Content-Length', String(sizeOf(body))],
    agent,
    lookup,
    autoSelectFamilyAttemptTimeout: ADDRESS_MS,
    // Whatever the environment says.
    rejectUnauthorized: true,
  }
  return make(options)
}

/** Reads the answer to its end, or for as long as is worth it. Never rejects: the status has come. */
function drain(response: IncomingMessage, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const stopTimer = clock.after(LONGEST_ANSWER_MS, end)
    let bytes = 0
    function end(): void {
      stopTimer()
      resolve()
    }
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MOST_ANSWER_BYTES) end()
    })
    response.on('error', end)
    response.once('end', end)
    response.once('close', end)
  })
}
