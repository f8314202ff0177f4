import type { Clock } from '../../../clock.ts'
import { FaasError, hasCode } from '../../../core/errors.ts'
import type { Log } from '../../../log.ts'
import { pullWithin, type PullEngine } from './pull.ts'
import { type ImageReference, parseImageReference } from '../../../core/functions/image-reference.ts'
import { describePullFailure, type PullFailure } from './pull-failure.ts'
import type { PullPolicy } from './pull-policy.ts'
import type { ImageFacts } from '../engine/answers.ts'
import type { AuthConfig } from '../engine/pull-request.ts'
import { RegistryCredentials } from './registry-credentials.ts'

/** What this needs of `engine.ts`. */
export interface ImageEngine extends PullEngine {
  /** Null when the engine has no such image; throws `unavailable` when it is away. */
  inspectImage(idOrRef: string): Promise<ImageFacts | null>
}

export interface ImagesOptions {
  readonly engine: ImageEngine
  readonly clock: Clock
  readonly log: Log
  /** The folder of Docker's `config.json`; null: pull without credentials. */
  readonly dockerConfigDir: string | null
}

/** After a registry was unreachable: time until it is asked again, when the engine has the image. */
const KEEP_AWAY_MS = 30_000
/**
 * The same when the engine does not have it: long enough for a retry loop, short enough for a person who has
 * repaired the network.
 */
const KEEP_FAILURE_MS = 5_000
const SHORT_ID = /^[0-9a-f]{12,63}$/

interface Outage {
  readonly atMs: number
  readonly failure: PullFailure
}

/**
 * Resolves image references to images of the engine. One pull per reference at a time, shared by all callers.
 */
export class Images {
  readonly #engine: ImageEngine
  readonly #clock: Clock
  readonly #log: Log
  readonly #credentials: RegistryCredentials
  readonly #flights = new Map<string, Promise<ImageFacts>>()
  readonly #outages = new Map<string, Outage>()
  readonly #stopping = new AbortController()

  constructor(options: ImagesOptions) {
    this.#engine = options.engine
    this.#clock = options.clock
    this.#log = options.log
    this.#credentials = new RegistryCredentials({ ...options, dir: options.dockerConfigDir })
  }

  /** Aborts running pulls. */
  async stop(): Promise<void> {
    this.#stopping.abort(new FaasError('unavailable', 'the daemon stops'))
    await Promise.allSettled(this.#flights.values())
  }

  /**
   * The image that `ref` means now, pulled if its policy says so. Throws `invalid`, with the reason, when it
   * is not available, `unavailable` when the engine is unreachable, `cancelled` when `signal` aborts. After
   * an abort the pull goes on for the next caller.
   */
  async resolve(ref: string, signal: AbortSignal, policy: PullPolicy = 'auto'): Promise<ImageFacts> {
    const key = `${policy} ${ref}`
    let flight = this.#flights.get(key)
    if (flight === undefined) {
      flight = this.#resolveOnce(ref, policy).finally(() => this.#flights.delete(key))
      this.#flights.set(key, flight)
    }
    return await unlessAborted(flight, signal)
  }

  /** The engine's own image with this id or reference, or null; never pulls. */
  inspect(idOrRef: string): Promise<ImageFacts | null> {
    return this.#engine.inspectImage(idOrRef)
  }

  async #resolveOnce(ref: string, policy: PullPolicy): Promise<ImageFacts> {
    const reference = parseImageReference(ref)
    const byId = SHORT_ID.test(ref) ? await this.inspect(ref) : null
    if (byId !== null && byId.id.startsWith(`sha256:${ref}`)) return byId

    const local = await this.inspect(reference.name)
    const isEnough = reference.pinned || policy === 'missing' || policy === 'never'
    if (local !== null && isEnough) return local
    if (local !== null && policy === 'auto' && isHomeMade(reference, local)) {
      this.#log.info('local image used: built on this host and never pushed', {
        image: ref,
        imageId: local.id,
      })
      return local
    }
    if (reference.registry === '' || policy === 'never')
      throw notHad(ref, 'the engine has no such image, and none is pulled')

    const fallback = policy === 'always' ? null : local
    const failure = await this.#pull(reference, fallback !== null)
    if (failure !== null) return this.#useOr(fallback, ref, failure)

    const pulled = await this.inspect(reference.name)
    if (pulled === null) throw notHad(ref, 'it was pulled, and then removed from the engine')
    return pulled
  }

  #useOr(fallback: ImageFacts | null, ref: string, failure: PullFailure): ImageFacts {
    if (fallback === null) {
      // A full disk is not the caller's fault.
      const code = failure.kind === 'no-space' ? 'unavailable' : 'invalid'
      throw new FaasError(code, `image: ${JSON.stringify(ref)} is not available: ${failure.reason}`)
    }
    this.#log.info('image not pulled, using the one on this host', {
      image: ref,
      imageId: fallback.id,
      why: failure.kind,
      reason: failure.words,
    })
    return fallback
  }

  /**
   * Null when the engine has the newest image now, otherwise why not. Throws only when the engine is
   * unreachable.
   */
  async #pull(reference: ImageReference, hasAlternative: boolean): Promise<PullFailure | null> {
    const outage = this.#outages.get(reference.registry)
    const quietMs = hasAlternative ? KEEP_AWAY_MS : KEEP_FAILURE_MS
    if (outage !== undefined && this.#clock.now() - outage.atMs < quietMs) return outage.failure

    const authconfig = await this.#credentials.lookUp(reference.registry)
    try {
      await this.#request(reference, authconfig, hasAlternative)
      this.#outages.delete(reference.registry)
      return null
    } catch (error) {
      if (hasCode(error, 'unavailable')) throw error
      const failure = describePullFailure(error)
      if (failure.kind === 'unreachable') this.#remember(reference.registry, failure)
      return failure
    }
  }

  async #request(
    reference: ImageReference,
    authconfig: AuthConfig | undefined,
    hasAlternative: boolean,
  ): Promise<void> {
    const bounds = { clock: this.#clock, hasAlternative, signal: this.#stopping.signal }
    await pullWithin(bounds, this.#engine, { ref: reference.name, ...(authconfig ? { authconfig } : {}) })
  }

  #remember(registry: string, failure: PullFailure): void {
    const nowMs = this.#clock.now()
    for (const [known, outage] of this.#outages) {
      if (nowMs - outage.atMs >= KEEP_AWAY_MS) this.#outages.delete(known)
    }
    this.#outages.set(registry, { atMs: nowMs, failure })
  }
}

/**
 * Whether the image was built on this host: the name contains no registry, and the image was never in a
 * registry under that name. (With containerd's image store the engine gives built images digests too; then
 * the registry is asked as for any other.)
 */
function isHomeMade({ isQualified, repository }: ImageReference, { repoDigests }: ImageFacts): boolean {
  const isKnown = (entry: string): boolean => plain(entry.slice(0, entry.indexOf('@'))) === plain(repository)
  return !isQualified && !repoDigests.some(isKnown)
}

/** `docker.io/library/nginx` and `nginx` are the same. */
function plain(repository: string): string {
  return repository.replace(/^docker\.io\//, '').replace(/^library\//, '')
}

function notHad(ref: string, reason: string): FaasError {
  return new FaasError('invalid', `image: ${JSON.stringify(ref)} is not available: ${reason}`)
}

/** Waits for shared work. An abort ends only the wait. */
async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  let leave = (): void => {}
  const aborted = new Promise<never>((_resolve, reject) => {
    leave = () =>
      reject(new FaasError('cancelled', 'stopped waiting for the image', { cause: signal.reason }))
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', leave)
  }
}
