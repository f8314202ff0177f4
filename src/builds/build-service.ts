import { randomUUID } from 'node:crypto'
import { createReadStream, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { FaasError, messageOf } from '../core/errors.ts'
import type { BuildNetwork, ImageBuilder } from '../core/provider/image-builder.ts'

import type { Log } from '../log.ts'
import type { BuildConfig } from './build-config.ts'
import { BuildKeys, type PublicKeyAnswer } from './build-keys.ts'
import { BuiltImages } from './built-images.ts'
import { receive } from './upload.ts'

export interface BuildServiceOptions {
  readonly builder: ImageBuilder
  readonly dataDir: string
  readonly inUse: () => ReadonlySet<string>
  /** Null: no build is taken for a signature. */
  readonly payloadSecret: string | null
  readonly contextBytes: number
  readonly mostAtOnce: number
  readonly timeoutMs: number
  readonly network: BuildNetwork
  readonly highBytes: number
  readonly lowBytes: number
  readonly clock: Clock
  readonly log: Log
}

/** One line of the answer (cli.md 9.5). */
export interface BuildStatus {
  readonly log: readonly string[]
  readonly image: string
  readonly status: 'in_progress' | 'success' | 'failed'
  readonly error?: string
  /** Ours: the image's id, with `success`. */
  readonly id?: string
}

/** A build whose context has arrived. */
export interface ReadyBuild {
  readonly image: string
  /** To be read once. Ends with `success` or `failed`; never throws. */
  readonly progress: AsyncIterable<BuildStatus>
}

const FOLDER = 'builds'
const CONTEXTS = 'contexts'
/** How long a client may take to read what was left when its build was ended. */
const READ_ON_MS = 5_000

/** Builds images from what clients send: bounded in number, size and time, one at a time for each name. */
export class BuildService {
  readonly #options: BuildServiceOptions
  readonly #keys: BuildKeys
  readonly #images: BuiltImages
  readonly #contexts: string
  readonly #names = new Set<string>()
  readonly #stopping = new AbortController()
  #underWay = 0

  constructor(options: BuildServiceOptions) {
    this.#options = options
    const folder = join(options.dataDir, FOLDER)
    this.#contexts = join(folder, CONTEXTS)
    this.#keys = new BuildKeys(options.dataDir)
    const { builder, inUse, highBytes, lowBytes, clock, log } = options
    this.#images = new BuiltImages({ folder, builder, inUse, highBytes, lowBytes, clock, log })
  }

  /** A daemon that was killed during a build left a context. */
  start(): void {
    this.#images.start()
    mkdirSync(this.#contexts, { recursive: true, mode: 0o700 })
    for (const name of readdirSync(this.#contexts)) rmSync(join(this.#contexts, name), { force: true })
  }

  /** Cancels what is under way. */
  stop(): void {
    this.#stopping.abort(new FaasError('unavailable', 'the gateway stops'))
  }

  get publicKey(): PublicKeyAnswer {
    return this.#keys.answer
  }

  /** Whether a build can be asked for with a signature in place of credentials. */
  get takesSignatures(): boolean {
    return this.#options.payloadSecret !== null
  }

  /**
   * Receives a build. `signature`: of a client without credentials; null for one that has them. Throws `too-busy` when too
   * many are under way, `conflict` when one of this name is, and what `receive` throws. Ends when `signal` aborts; the
   * caller must read `progress` to its end, or end it.
   */
  async begin(
    body: AsyncIterable<Uint8Array>,
    { signature, signal }: { readonly signature: string | null; readonly signal: AbortSignal },
  ): Promise<ReadyBuild> {
    const { mostAtOnce, contextBytes, timeoutMs, payloadSecret } = this.#options
    if (this.#underWay >= mostAtOnce)
      throw new FaasError(
        'too-busy',
        `${mostAtOnce} builds are under way, as many as there may be (SAMPAN_BUILD_CONCURRENCY); try again`,
      )
    this.#underWay += 1
    const path = join(this.#contexts, randomUUID())
    const end = this.#endOf(signal, timeoutMs)
    const release = async (): Promise<void> => {
      end.release()
      this.#underWay -= 1
      await rm(path, { force: true }).catch(() => undefined)
    }
    try {
      const { config, secrets } = await receive(body, {
        path,
        limitBytes: contextBytes,
        signal: end.signal,
        signature: signature === null ? null : { header: signature, secret: payloadSecret ?? '' },
      })
      this.#checkPlatforms(config)
      const values = await this.#keys.unsealed(secrets)
      this.#claim(config.name)
      const run = this.#run({ config, path, secrets: values, signal: end.signal })
      const finish = async (): Promise<void> => {
        this.#names.delete(config.name)
        await release()
      }
      const progress = ending(run, finish)
      // A client that reads on is told why; one that reads nothing must not hold its place.
      const endLater = (): void => void this.#options.clock.after(READ_ON_MS, () => void progress.end())
      end.signal.addEventListener('abort', endLater, { once: true })
      return { image: config.image, progress }
    } catch (error) {
      await release()
      throw error
    }
  }

  async *#run({ config, path, secrets, signal }: Running): AsyncGenerator<BuildStatus> {
    const { builder, network, clock, log } = this.#options
    const { image, buildArgs, noCache } = config
    const startMs = clock.now()
    const openContext = () => createReadStream(path)
    try {
      for await (const news of builder.build(
        { image, openContext, buildArgs, secrets, network, noCache },
        signal,
      )) {
        if (news.kind === 'log') yield { log: [news.text], image, status: 'in_progress' }
        else {
          this.#images.note(news.id)
          log.info('image built', { image, imageId: news.id, ms: Math.round(clock.now() - startMs) })
          yield { log: [], image, status: 'success', id: news.id }
        }
      }
      void this.#images.tidy()
    } catch (error) {
      const why: unknown = signal.aborted ? signal.reason : error
      log.info('build failed', { image, reason: messageOf(why) })
      yield { log: [], image, status: 'failed', error: messageOf(why) }
    }
  }

  #claim(name: string): void {
    if (this.#names.has(name))
      throw new FaasError('conflict', `a build of ${name} is under way; wait for its end, or end it`)
    this.#names.add(name)
  }

  #checkPlatforms({ platforms }: BuildConfig): void {
    const own = `linux/${this.#options.builder.architecture}`
    const others = platforms.filter((platform) => platform !== own && !platform.startsWith(`${own}/`))
    if (others.length === 0 || own === 'linux/') return
    throw new FaasError(
      'invalid',
      `platforms: images are built for this host, which is ${own}, not for ${others.join(', ')}`,
    )
  }

  /** Aborts with a `FaasError` when the client leaves, time is over, or the daemon stops. */
  #endOf(
    client: AbortSignal,
    timeoutMs: number,
  ): { readonly signal: AbortSignal; readonly release: () => void } {
    const end = new AbortController()
    const left = (): void => end.abort(new FaasError('cancelled', 'the client left'))
    const stopped = (): void => end.abort(this.#stopping.signal.reason)
    if (client.aborted) left()
    if (this.#stopping.signal.aborted) stopped()
    client.addEventListener('abort', left)
    this.#stopping.signal.addEventListener('abort', stopped)
    const late = (): void => {
      const seconds = timeoutMs / 1_000
      end.abort(new FaasError('timed-out', `the build took longer than ${seconds} s (SAMPAN_BUILD_TIMEOUT)`))
    }
    const cancel = this.#options.clock.after(timeoutMs, late)
    const release = (): void => {
      cancel()
      client.removeEventListener('abort', left)
      this.#stopping.signal.removeEventListener('abort', stopped)
    }
    return { signal: end.signal, release }
  }
}

interface Running {
  readonly config: BuildConfig
  readonly path: string
  readonly secrets: ReadonlyMap<string, Uint8Array>
  readonly signal: AbortSignal
}

interface Ending<T> extends AsyncIterable<T> {
  /** Ends it when what is being read has come; whoever reads on finds the end. */
  end(): Promise<void>
}

/** `finish` runs once, also when nothing of `source` was ever read. */
function ending<T>(source: AsyncGenerator<T>, finish: () => Promise<void>): Ending<T> {
  let isOver = false
  const end = async (): Promise<void> => {
    if (isOver) return
    isOver = true
    await finish()
  }
  const endSource = async (): Promise<void> => {
    await source.return(undefined)
    await end()
  }
  return {
    end: endSource,
    [Symbol.asyncIterator]: () => ({
      next: async () => {
        const step = await source.next()
        if (step.done === true) await end()
        return step
      },
      return: async () => {
        await endSource()
        return { done: true, value: undefined }
      },
    }),
  }
}
