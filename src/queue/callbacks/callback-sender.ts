import type { Clock } from '../../clock.ts'
import type { Destination } from './address-policy.ts'
import { signatureOf } from './body-source.ts'
import { CallbackAgents } from './callback-agents.ts'
import { callbackHeaders, headersForStrangers, withAuthorization } from './callback-headers.ts'
import { basicCredentials, portOf, targetProblem } from './callback-url.ts'
import { HopelessError, type Callback, type CallbackOutcome } from './callback.ts'
import { checkedLookup, resolveBySystem, type Resolve } from './checked-lookup.ts'
import { DeliverySlots } from './delivery-slots.ts'
import { AttemptEndedError, failureReason } from './failure-reason.ts'
import { postOnce, type Answer } from './post-once.ts'

export interface CallbackSenderOptions {
  readonly clock: Clock
  /** An `AddressPolicy`. */
  readonly policy: {
    hostRefusal(host: string, port: number): string | null
    addressRefusal(destination: Destination): string | null
  }
  /** Ours, for `User-Agent`. */
  readonly version: string
  /** Signs bodies; without one there is no signature. */
  readonly secret?: string | Uint8Array
  /** How names become addresses, if not as the machine itself does it. */
  readonly resolve?: Resolve
  readonly limits?: Partial<SenderLimits>
}

export interface SenderLimits {
  /** For one attempt with all its redirects. */
  readonly timeoutMs: number
  /** Attempts at a time. */
  readonly most: number
  /** Of them, to one host. */
  readonly mostPerHost: number
}

const LIMITS: SenderLimits = { timeoutMs: 30_000, most: 50, mostPerHost: 8 }

const MOST_REDIRECTS = 3

/** A request under way: where it goes, and what it says. */
interface Hop {
  readonly url: URL
  readonly rawHeaders: readonly string[]
}

/**
 * Delivers answers of asynchronous calls to URLs of callers: one attempt for each call of `deliver`. Whoever
 * asks decides about further ones, and keeps calls to our own functions to itself.
 */
export class CallbackSender {
  readonly #options: CallbackSenderOptions
  readonly #limits: SenderLimits
  readonly #agents: CallbackAgents
  readonly #slots: DeliverySlots
  readonly #running = new Map<AbortController, Promise<unknown>>()
  #stopped = false

  constructor(options: CallbackSenderOptions) {
    this.#options = options
    this.#limits = { ...LIMITS, ...options.limits }
    this.#agents = new CallbackAgents(this.#limits.mostPerHost)
    this.#slots = new DeliverySlots(this.#limits.most, this.#limits.mostPerHost)
  }

  /** Connections that are open now, idle ones too. */
  get openConnections(): number {
    return this.#agents.open
  }

  /**
   * One attempt. Never rejects: an abort of `signal` and `stop` are failures, too, and not final ones. The
   * wait for room, of which each host has its share, does not count towards the attempt's time.
   */
  async deliver(callback: Callback, signal: AbortSignal): Promise<CallbackOutcome> {
    const ending = new AbortController()
    const abort = () => ending.abort(STOPPED)
    if (this.#stopped || signal.aborted) abort()
    signal.addEventListener('abort', abort, { once: true })
    const run = this.#deliver(callback, ending)
    this.#running.set(ending, run)
    try {
      return await run
    } finally {
      signal.removeEventListener('abort', abort)
      this.#running.delete(ending)
    }
  }

  /** Ends what is under way and cuts all connections; further attempts fail at once. */
  async stop(): Promise<void> {
    this.#stopped = true
    const running = [...this.#running]
    for (const [ending] of running) ending.abort(STOPPED)
    await Promise.all(running.map(([, run]) => run))
    this.#agents.destroy()
  }

  async #deliver(callback: Callback, ending: AbortController): Promise<CallbackOutcome> {
    try {
      const url = this.#checked(callback.url)
      return await this.#slots.run(url.hostname, () => this.#attempt(callback, url, ending), ending.signal)
    } catch (error) {
      return failed(failureReason(error, 'the callback URL'), error instanceof HopelessError)
    }
  }

  async #attempt(callback: Callback, url: URL, ending: AbortController): Promise<CallbackOutcome> {
    const { clock } = this.#options
    const { timeoutMs } = this.#limits
    const late = `${url.origin} did not take the answer within ${timeoutMs / 1000} s, a fixed limit`
    const stopTimer = clock.after(timeoutMs, () => ending.abort(new AttemptEndedError(late)))
    try {
      let hop = await this.#firstHop(callback, url, ending.signal)
      for (let redirects = 0; ; redirects += 1) {
        const answer = await this.#post(hop, callback, ending.signal)
        const { status } = answer
        if (status >= 200 && status < 300) return { kind: 'delivered', status }
        if (status !== 307 && status !== 308) return unsuccessful(hop, status)
        if (redirects === MOST_REDIRECTS)
          return { ...failed(`${url.origin} redirects more than ${MOST_REDIRECTS} times`, false), status }
        hop = this.#nextHop(hop, answer)
      }
    } finally {
      stopTimer()
    }
  }

  async #firstHop(callback: Callback, url: URL, signal: AbortSignal): Promise<Hop> {
    const { version, secret } = this.#options
    const signature = secret === undefined ? null : await signatureOf(callback.body, secret, signal)
    const userAgent = `sampan-queue-worker/${version}`
    return authorized(url, callbackHeaders(callback, { userAgent, signature }))
  }

  /** Where a redirect leads to, with what may be told there. */
  #nextHop({ url, rawHeaders }: Hop, { location, status }: Answer): Hop {
    if (location === undefined)
      throw new AttemptEndedError(`${url.origin} answered with the status ${status}, but without a Location`)
    const next = this.#checked(location, url)
    if (url.protocol === 'https:' && next.protocol !== 'https:')
      throw new HopelessError(`${url.origin} redirects to ${next.origin}, which is not encrypted`)
    return authorized(next, next.origin === url.origin ? rawHeaders : headersForStrangers(rawHeaders))
  }

  #checked(text: string, base?: URL): URL {
    const whose = base === undefined ? 'the callback URL' : `the URL to which ${base.origin} redirects`
    if (!URL.canParse(text, base?.href)) throw new HopelessError(`${whose} is not a URL`)
    const url = new URL(text, base)
    url.hash = ''
    const problem = targetProblem(url, this.#options.policy)
    if (problem !== null) throw new HopelessError(`${whose} ${problem}`)
    return url
  }

  async #post({ url, rawHeaders }: Hop, { body }: Callback, signal: AbortSignal): Promise<Answer> {
    const { clock, policy, resolve = resolveBySystem } = this.#options
    const refusal = (destination: Destination) => policy.addressRefusal(destination)
    const lookup = checkedLookup({ resolve, port: portOf(url), refusal })
    try {
      return await postOnce({ url, rawHeaders, body, agent: this.#agents.for(url), lookup, clock }, signal)
    } catch (error) {
      if (error instanceof HopelessError) throw error
      // Of a redirect's target, when it failed there.
      throw new AttemptEndedError(failureReason(error, url.origin), { cause: error })
    }
  }
}

const STOPPED = new AttemptEndedError('the delivery was stopped before an answer came')

/** What a URL itself says about its user goes before anything else. */
function authorized(url: URL, rawHeaders: readonly string[]): Hop {
  const credentials = basicCredentials(url)
  return { url, rawHeaders: credentials === null ? rawHeaders : withAuthorization(rawHeaders, credentials) }
}

function unsuccessful({ url }: Hop, status: number): CallbackOutcome {
  const isRedirect = status >= 300 && status < 400
  const why = isRedirect ? ', a redirect that would lose the body' : ''
  return { ...failed(`${url.origin} answered with the status ${status}${why}`, false), status }
}

function failed(reason: string, isFinal: boolean): CallbackOutcome & { kind: 'failed' } {
  return { kind: 'failed', reason, isFinal }
}
