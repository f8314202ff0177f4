import type { Readable } from 'node:stream'
import { FaasError, hasCode } from '../../../core/errors.ts'
import type { Usage } from '../../../core/provider/provider.ts'
import type { LogStreamOptions } from './answers.ts'
import * as answers from './answers.ts'
import type {
  ContainerDetails,
  ContainerSummary,
  EngineVersion,
  ImageFacts,
  NetworkDetails,
  NetworkSummary,
} from './answers.ts'
import { EVENT_FILTERS } from './events.ts'
import { EngineAway, engineMessage } from './errors.ts'
import { BuildCalls } from './build-calls.ts'
import { ContainerFiles } from './container-files.ts'
import { pickApiVersion } from './api-version.ts'
import type { PullRequest } from './pull-request.ts'
import { followPull } from './pull-progress.ts'
import { type Call, type EngineOptions, Transport } from './transport.ts'

const CONNECT_MS = 5_000
/**
 * Longest wait for a call that changes something: creating a container takes seconds on a busy Raspberry Pi.
 */
const WORK_MS = 60_000
const PULL_MS = 3_600_000

/**
 * The engine's API, one typed method per call. Every failure is a `FaasError`; `EngineAway` when there was no
 * answer.
 */
export class Engine {
  readonly #transport: Transport

  constructor(options: EngineOptions) {
    this.#transport = new Transport(options)
  }

  /**
   * Asks the engine what it is and chooses an API version. Throws `EngineAway`, or `unavailable` when no
   * version suits both.
   */
  async connect(): Promise<EngineVersion> {
    const ask = (path: string): Promise<unknown> =>
      this.#transport.askUnversioned({ method: 'GET', path, doing: 'tell what it is', timeoutMs: CONNECT_MS })
    const [version, info] = await Promise.all([ask('/version'), ask('/info')])
    const found = answers.readVersion(version, info)
    this.#transport.apiVersion = pickApiVersion(found)
    return found
  }

  /** Ends all running calls; later ones fail. */
  close(): void {
    this.#transport.close()
  }

  async listContainers(label: string): Promise<ContainerSummary[]> {
    const query = { all: true, filters: { label: [label] } }
    return answers.readContainers(
      await this.#transport.ask({ method: 'GET', path: '/containers/json', query, doing: 'list containers' }),
    )
  }

  /** Null when there is no such container. */
  async inspectContainer(id: string): Promise<ContainerDetails | null> {
    const answer = await orNull(
      this.#transport.ask({ method: 'GET', path: `/containers/${id}/json`, doing: 'inspect a container' }),
    )
    return answer === null ? null : answers.readContainer(answer)
  }

  /** Answers the new id. `not-found` when the image is not there. */
  async createContainer(name: string, body: object): Promise<string> {
    const answer = await this.#transport.ask({
      method: 'POST',
      path: '/containers/create',
      query: { name },
      body,
      doing: 'create the container',
      timeoutMs: WORK_MS,
    })
    return idOf(answer)
  }

  async startContainer(id: string): Promise<void> {
    const path = `/containers/${id}/start`
    await this.#transport.ask({ method: 'POST', path, doing: 'start the container', timeoutMs: WORK_MS })
  }

  /**
   * Sends SIGTERM, then SIGKILL after the grace period. A container that is removed or stopped already is no
   * error.
   */
  async stopContainer(id: string, graceSeconds: number): Promise<void> {
    const timeoutMs = graceSeconds * 1_000 + WORK_MS
    const query = { t: graceSeconds }
    const path = `/containers/${id}/stop`
    await orNull(this.#transport.ask({ method: 'POST', path, query, doing: 'stop the container', timeoutMs }))
  }

  /** Halts its processes. `conflict` when they are halted already. */
  async pauseContainer(id: string): Promise<void> {
    await this.#transport.ask({
      method: 'POST',
      path: `/containers/${id}/pause`,
      doing: 'pause the container',
    })
  }

  /** Lets its processes continue. Throws when they were not halted. */
  async unpauseContainer(id: string): Promise<void> {
    await this.#transport.ask({
      method: 'POST',
      path: `/containers/${id}/unpause`,
      doing: 'unpause the container',
    })
  }

  /** Removes it with force and its anonymous volumes. A container that is removed already is no error. */
  async removeContainer(id: string): Promise<void> {
    const query = { force: true, v: true }
    const call: Call = { method: 'DELETE', path: `/containers/${id}`, query, doing: 'remove the container' }
    await orNull(this.#transport.ask({ ...call, timeoutMs: WORK_MS }))
  }

  /** `not-found` when the container is removed or being removed. */
  async containerLogs(id: string, options: LogStreamOptions, signal: AbortSignal): Promise<Readable> {
    const query = { ...options, tail: options.tail ?? 'all' }
    const path = `/containers/${id}/logs`
    try {
      return await this.#transport.stream({ method: 'GET', path, query, doing: 'read the logs', signal })
    } catch (error) {
      // Docker says "dead or marked for removal" while a removal is in progress.
      if (!hasCode(error, 'conflict')) throw error
      throw new FaasError('not-found', `container ${id} is being removed`, { cause: error })
    }
  }

  /** Null when it is removed. Takes a second or two, because the engine measures. */
  async containerUsage(id: string, signal: AbortSignal): Promise<Usage | null> {
    const query = { stream: false }
    const path = `/containers/${id}/stats`
    const answer = await orNull(
      this.#transport.ask({ method: 'GET', path, query, doing: 'measure the container', signal }),
    )
    return answer === null ? null : answers.readUsage(answer)
  }

  async listNetworks(label: string): Promise<NetworkSummary[]> {
    const query = { filters: { label: [label] } }
    return answers.readNetworks(
      await this.#transport.ask({ method: 'GET', path: '/networks', query, doing: 'list networks' }),
    )
  }

  /** Answers the new id; `conflict` when the name is taken. */
  async createNetwork(body: object): Promise<string> {
    const call: Call = { method: 'POST', path: '/networks/create', body, doing: 'create the network' }
    return idOf(await this.#transport.ask({ ...call, timeoutMs: WORK_MS }))
  }

  async removeNetwork(id: string): Promise<void> {
    const call: Call = { method: 'DELETE', path: `/networks/${id}`, doing: 'remove the network' }
    await orNull(this.#transport.ask({ ...call, timeoutMs: WORK_MS }))
  }

  /** Null when there is none of this id or name. */
  async inspectNetwork(idOrName: string): Promise<NetworkDetails | null> {
    const path = `/networks/${encodeURIComponent(idOrName)}`
    const answer = await orNull(this.#transport.ask({ method: 'GET', path, doing: 'inspect a network' }))
    return answer === null ? null : answers.readNetwork(answer)
  }

  /** Null when the engine does not have it, or when no image can have that name. */
  async inspectImage(ref: string): Promise<ImageFacts | null> {
    const parts = ref.split('/')
    if (parts.some((part) => part === '' || part === '.' || part === '..')) return null
    const path = `/images/${parts.map(encodeURIComponent).join('/')}/json`
    const answer = await orNull(this.#transport.ask({ method: 'GET', path, doing: 'inspect the image' }))
    return answer === null ? null : answers.readImage(answer)
  }

  /**
   * Resolves when the image was pulled. Throws `EngineAway` when the engine is unreachable, otherwise
   * `bad-gateway` with the engine's own words, because it distinguishes causes only by text. Bounded by
   * `signal` alone, because the engine is silent until the registry has answered.
   */
  async pullImage(pull: PullRequest, signal: AbortSignal): Promise<void> {
    const { ref, authconfig, onProgress } = pull
    const query = { fromImage: ref }
    const call: Call = { method: 'POST', path: '/images/create', query, doing: `pull ${ref}`, signal }
    try {
      const stream = await this.#transport.stream({
        ...call,
        timeoutMs: PULL_MS,
        ...(authconfig && { authconfig }),
      })
      await followPull(stream, onProgress)
    } catch (error) {
      if (!(error instanceof FaasError) || error instanceof EngineAway) throw error
      throw new FaasError('bad-gateway', engineMessage(error.cause ?? error), { cause: error })
    }
  }

  /** What `build-calls.ts` does needs the connection alone. */
  get builds(): BuildCalls {
    return new BuildCalls(this.#transport)
  }

  /** What `container-files.ts` does needs the connection alone. */
  get files(): ContainerFiles {
    return new ContainerFiles(this.#transport)
  }

  /** The raw stream of the events that `events.ts` reads, until `signal` aborts. */
  events(signal: AbortSignal): Promise<Readable> {
    const query = { filters: EVENT_FILTERS }
    return this.#transport.stream({ method: 'GET', path: '/events', query, doing: 'send events', signal })
  }
}

function idOf(answer: unknown): string {
  const id: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'Id') : undefined
  if (typeof id === 'string' && id !== '') return id
  throw new FaasError('unavailable', 'Docker answered a create without an id')
}

/** Turns `not-found` into null: for a removal that is success, for a lookup a valid answer. */
async function orNull(answer: Promise<unknown>): Promise<unknown> {
  try {
    return await answer
  } catch (error) {
    if (hasCode(error, 'not-found')) return null
    throw error
  }
}
