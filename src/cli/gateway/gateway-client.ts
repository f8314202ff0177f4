import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { Readable } from 'node:stream'
import { buildInfo } from '../../version.ts'
import { CliError, Unreachable } from '../cli-error.ts'
import type { Session } from '../session.ts'
import { type Credential, credentialOf } from './credentials-file.ts'
import type { GatewayAddress } from './gateway-address.ts'

export interface GatewayRequest {
  readonly method: string
  /** From the root of the gateway: path and query; or all of an address, which gets no credentials. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array | Readable
  /** Of the whole exchange but a stream that the caller reads. 0: none. */
  readonly timeoutMs?: number
  /** Send no credentials: what is called is a function. */
  readonly isAnonymous?: boolean
  /** Ends it earlier than the program. */
  readonly signal?: AbortSignal
}

/** An answer whose body is still to be read. */
export interface GatewayAnswer {
  readonly status: number
  /** As the server wrote it, e.g. `202 Accepted`. */
  readonly statusLine: string
  readonly headers: IncomingMessage['headers']
  readonly rawHeaders: readonly string[]
  readonly body: IncomingMessage
  /** Reads it whole. */
  text(): Promise<string>
}

/** Of a request to the API; faas-cli's (cli.md 1.7). */
const API_TIMEOUT_MS = 60_000

export interface GatewayClientOptions {
  readonly session: Session
  readonly address: GatewayAddress
  /** From `--token`; empty: none. It wins over what is stored. */
  readonly token?: string
  /** Do not check certificates. */
  readonly isInsecure?: boolean
}

/** Requests to one gateway, with its credentials. */
export class GatewayClient {
  readonly #options: GatewayClientOptions
  #credential: Promise<Credential | null> | null = null

  constructor(options: GatewayClientOptions) {
    this.#options = options
  }

  get address(): GatewayAddress {
    return this.#options.address
  }

  /** Throws `CliError` where there is no answer. No redirect is followed. */
  async send(asked: GatewayRequest): Promise<GatewayAnswer> {
    const { session, isInsecure = false } = this.#options
    const { method, path, body, timeoutMs = API_TIMEOUT_MS } = asked
    const isElsewhere = /^https?:\/\//.test(path)
    const url = new URL(isElsewhere ? path : `${this.address.url}${path}`)
    const headers: Record<string, string | readonly string[]> = {
      'User-Agent': `sampan-cli/${buildInfo().release}`,
      ...(asked.isAnonymous !== true && !isElsewhere && { Authorization: await this.#authorization() }),
      ...asked.headers,
    }
    if (typeof body === 'string' || body instanceof Uint8Array)
      headers['Content-Length'] = String(Buffer.byteLength(body))
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    return new Promise((resolve, reject) => {
      const options = {
        method,
        headers: headers as Record<string, string>,
        rejectUnauthorized: !isInsecure,
        // A connection each: one that waits for the next request has nobody who hears that the program was ended, and Node
        // then takes that for a failure that nobody handles.
        agent: false as const,
        signal: asked.signal === undefined ? session.signal : AbortSignal.any([session.signal, asked.signal]),
      }
      const request = send(url, options, (response) => resolve(answerOf(response)))
      request.on('error', (error) => reject(this.#unreachable(error)))
      if (timeoutMs > 0)
        request.setTimeout(timeoutMs, () =>
          request.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)),
        )
      if (typeof body === 'object' && 'pipe' in body) body.pipe(request)
      else request.end(body)
    })
  }

  /** A JSON answer. Throws `CliError` for another status than those of `expected` (200 if none is given). */
  async json<T>(asked: GatewayRequest, expected: readonly number[] = [200]): Promise<T> {
    const answer = await this.send(asked)
    const text = await answer.text()
    if (!expected.includes(answer.status)) throw this.refusal(answer.status, text)
    return this.parsed(asked.path, text)
  }

  /** The JSON that a path was answered with. Throws `CliError`. */
  parsed<T>(path: string, text: string): T {
    try {
      return JSON.parse(text) as T
    } catch (error) {
      throw new CliError(`the answer of ${this.address.url} to ${path} is no JSON: ${text.slice(0, 200)}`, {
        cause: error,
      })
    }
  }

  /** What an answer other than the expected one means to the user. */
  refusal(status: number, text: string): CliError {
    const { url, source } = this.address
    if (status === 401)
      return new CliError(`unauthorized access to ${url} (from ${said(source)})`, {
        hint: `Run: sampan login --gateway ${url}   or set the credentials of this gateway some other way`,
      })
    return new CliError(`server returned unexpected status code: ${status} - ${text.trim()}`)
  }

  async #authorization(): Promise<string> {
    const { session, address, token = '' } = this.#options
    if (token !== '') return `Bearer ${token}`
    this.#credential ??= credentialOf(session, address.url)
    const credential = await this.#credential
    if (credential === null) return 'Bearer '
    return credential.auth === 'basic' ? `Basic ${credential.token}` : `Bearer ${credential.token}`
  }

  #unreachable(error: Error): CliError {
    const { url, source } = this.address
    const code = (error as NodeJS.ErrnoException).code ?? ''
    const hint =
      code === 'ECONNREFUSED'
        ? 'Nobody listens there. Is the daemon running? See: sampan doctor'
        : 'Another gateway is named with --gateway, OPENFAAS_URL or provider.gateway in the stack file.'
    const reason = error instanceof AggregateError ? error.errors.map(String).join('; ') : error.message
    return new Unreachable(`cannot reach the gateway at ${url} (from ${said(source)}): ${reason || code}`, {
      cause: error,
      hint,
    })
  }
}

function said(source: GatewayAddress['source']): string {
  return source === 'flag'
    ? 'the flag --gateway'
    : source === 'default'
      ? 'the default'
      : source === 'OPENFAAS_URL'
        ? source
        : `the ${source}`
}

function answerOf(response: IncomingMessage): GatewayAnswer {
  // Who reads it learns of it; the end of the program also reaches answers that nobody reads (any more).
  response.on('error', () => undefined)
  const { statusCode: status = 0, statusMessage = '', headers, rawHeaders } = response
  return {
    status,
    statusLine: `${status} ${statusMessage}`.trim(),
    headers,
    rawHeaders,
    body: response,
    text: async () => {
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk as Buffer)
      return Buffer.concat(chunks).toString('utf8')
    },
  }
}
