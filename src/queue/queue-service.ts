import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { whenAborted } from '../clock.ts'
import { CallQueue } from './call-queue.ts'
import { AddressPolicy } from './callbacks/address-policy.ts'
import { CallbackSender } from './callbacks/callback-sender.ts'
import { checkCallbackUrl, ownFunctionTarget } from './callbacks/callback-url.ts'
import { ThisMachine } from './callbacks/this-machine.ts'
import { NatsLink } from './nats/link.ts'
import type { NatsLinkOptions } from './nats/link-options.ts'
import { OwnCallbacks } from './own-callbacks.ts'
import { type RetryPolicy, USUAL_RETRY } from './job/retry-policy.ts'
import type { QueueLimits, QueueOptions, QueuePorts } from './queue-options.ts'
import { DEAD_STREAM } from './job/subjects.ts'
import { MOST_DEAD, queueStreams, type StoreLimits, storeBytes } from './streams.ts'

type Own = Extract<NatsLinkOptions['server'], { kind: 'own' }>

type Server =
  | Pick<Own, 'kind' | 'serverPath' | 'searchPath' | 'syncInterval'>
  | Extract<NatsLinkOptions['server'], { kind: 'foreign' }>

export interface CallbackSettings {
  readonly allow: readonly string[]
  readonly deny: readonly string[]
  readonly privateNetworks: 'open' | 'closed'
  readonly secret: string | null
  /** Names and addresses that are certainly the gateway's, in lower case. */
  readonly ownNames: ReadonlySet<string>
}

/** Where this daemon listens. */
export interface OwnPorts {
  readonly gateway: number
  /** Those of all listeners. */
  readonly all: readonly number[]
}

export interface QueueServiceOptions extends Omit<QueueOptions, 'ports' | 'link' | 'spoolDir' | 'limits'> {
  /** Of retries what settings say; the rest is as usual. */
  readonly limits: Omit<QueueLimits, 'retry'> & {
    readonly retry: Pick<RetryPolicy, 'attempts' | 'minWaitMs' | 'maxWaitMs'>
  }
  /** Spool and NATS have folders in it. */
  readonly dataDir: string
  readonly ports: Omit<QueuePorts, 'checkCallback' | 'deliver'>
  readonly server: Server
  readonly store: Omit<StoreLimits, 'inlineBytes'>
  readonly callbacks: CallbackSettings
  /** Which release this is, for `User-Agent` of callbacks. */
  readonly release: string
}

const MEMORY_STORE_BYTES = 16 * 1024 * 1024
/** Where a restore leaves streams: a folder of the data folder. */
const RESTORED_STREAMS = 'nats.restore'

const PAYLOAD_BYTES = 1024 * 1024

/** How long a stop waits for calls under way that could be handed back. */
const NO_SIGNAL = AbortSignal.abort()

/** Everything that asynchronous calls need: NATS, the queue, and who sends callbacks. */
export class QueueService {
  readonly queue: CallQueue
  readonly link: NatsLink
  readonly #sender: CallbackSender
  readonly #isOwn: boolean
  #isStarted = false
  #ports: OwnPorts = { gateway: 0, all: [] }

  /** Throws a sentence for the operator when a rule about callbacks is malformed. */
  constructor(options: QueueServiceOptions) {
    const { clock, callbacks, release, dataDir } = options
    this.#isOwn = options.server.kind === 'own'
    const here = new ThisMachine(clock)
    const policy = new AddressPolicy({
      allow: callbacks.allow,
      deny: callbacks.deny,
      privateNetworks: callbacks.privateNetworks,
      own: (address, port) => this.#ports.all.includes(port) && here.includes(address),
      isHere: (address) => here.includes(address),
    })
    const secret = callbacks.secret === null ? {} : { secret: callbacks.secret }
    this.#sender = new CallbackSender({ clock, policy, version: release, ...secret })
    this.link = makeLink(options)
    const target = (url: URL): string | null =>
      ownFunctionTarget(url, callbacks.ownNames, this.#ports.gateway)
    const own = new OwnCallbacks({
      invoke: options.ports.invoke,
      accept: (request) => this.queue.accept(request),
      userAgent: `sampan-queue-worker/${release}`,
    })
    this.queue = new CallQueue({
      ...options,
      limits: { ...options.limits, retry: { ...USUAL_RETRY, ...options.limits.retry } },
      spoolDir: join(dataDir, 'spool'),
      link: this.link,
      ports: {
        ...options.ports,
        checkCallback: (url) =>
          void checkCallbackUrl(url, {
            isOwnCall: (one) => target(one) !== null,
            hostRefusal: (host, port) => policy.hostRefusal(host, port),
          }),
        deliver: (callback, signal) => {
          const ours = target(new URL(callback.url))
          return ours === null ? this.#sender.deliver(callback, signal) : own.deliver(callback, ours, signal)
        },
      },
    })
  }

  /** Resolves soon, whatever is wrong with NATS. Rejects when the spool cannot be opened. */
  async start(ports: OwnPorts): Promise<void> {
    this.#ports = ports
    this.#isStarted = true
    this.link.start()
    await this.queue.start()
  }

  /** Most calls that were given up and are remembered. */
  readonly deadLetterLimit = MOST_DEAD

  /** Calls that were given up; null when NATS does not say before `signal` aborts. */
  async deadLetters(signal: AbortSignal): Promise<number | null> {
    const { session } = this.link
    if (session === null) return null
    const asked = session.jsm.streams.info(DEAD_STREAM).then(
      ({ state }) => state.messages,
      () => null,
    )
    return await Promise.race([asked, whenAborted(signal).then(() => null)])
  }

  /**
   * Writes what is still to do into `folder`, on the disk of the spool: `spool` and, of our own server, `streams`. Calls
   * are taken meanwhile. What the streams have at their moment has its body in the spool: it is looked at before and
   * after. The book is to be copied last. Throws `unavailable`.
   */
  async copyTo(folder: string): Promise<void> {
    const spool = join(folder, 'spool')
    await mkdir(spool, { mode: 0o700 })
    await this.queue.linkSpoolInto(spool)
    if (this.#isOwn) await this.link.saveStreams(join(folder, 'streams'))
    await this.queue.linkSpoolInto(spool)
  }

  /** Lets calls under way end until `signal` aborts; the rest is made after the next start. */
  async stop(signal: AbortSignal = NO_SIGNAL): Promise<void> {
    if (this.#isStarted) await this.queue.stop(signal)
    await this.#sender.stop()
    await this.link.stop()
  }
}

function makeLink({ server, store, limits, dataDir, clock, log }: QueueServiceOptions): NatsLink {
  const streams = queueStreams({ ...store, inlineBytes: limits.inlineBytes })
  if (server.kind === 'foreign') return new NatsLink({ clock, log, streams, server })
  const own = {
    folder: join(dataDir, 'nats'),
    builtPath: fileURLToPath(new URL('../../nats/nats-server', import.meta.url)),
    maxFileStoreBytes: storeBytes(streams),
    maxMemoryStoreBytes: MEMORY_STORE_BYTES,
    maxPayloadBytes: PAYLOAD_BYTES,
  }
  const restoreFrom = join(dataDir, RESTORED_STREAMS)
  return new NatsLink({ clock, log, streams, restoreFrom, server: { ...server, ...own } })
}
