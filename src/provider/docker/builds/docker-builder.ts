import { Readable } from 'node:stream'
import { FaasError } from '../../../core/errors.ts'
import type { BuildNews, BuildOrder, BuiltImage, ImageBuilder } from '../../../core/provider/image-builder.ts'
import type { EngineVersion } from '../engine/answers.ts'
import type { BuildCalls } from '../engine/build-calls.ts'
import { EngineAway } from '../engine/errors.ts'
import type { AuthConfig } from '../engine/pull-request.ts'
import { field, text } from '../engine/untrusted.ts'
import { serveSession, sessionOffer } from './session.ts'
import { BuildTrace } from './trace.ts'

/** On each image that a build of this registry made. */
const BUILT_LABEL = 'com.sampan.built-by'
const HUB = 'https://index.docker.io/v1/'

export interface DockerBuilderOptions {
  readonly calls: Pick<BuildCalls, 'build' | 'session' | 'imagesWith' | 'removeImage'>
  /** Undefined while the engine has not said what it is. */
  readonly host: () => EngineVersion | undefined
  readonly credentials: { lookUp(registry: string): Promise<AuthConfig | undefined> }
  readonly registryId: string
}

/** Builds on the engine: with BuildKit where it has it, with its classic builder else. */
export class DockerBuilder implements ImageBuilder {
  readonly #options: DockerBuilderOptions

  constructor(options: DockerBuilderOptions) {
    this.#options = options
  }

  get architecture(): string {
    return this.#options.host()?.architecture ?? ''
  }

  async *build(order: BuildOrder, signal: AbortSignal): AsyncIterable<BuildNews> {
    const host = this.#options.host()
    if (host === undefined) throw new EngineAway('it was not asked what it is yet')
    const hasBuildKit = !host.abilities.isPodman && isAtLeast(host.apiVersion, [1, 39])
    if (!hasBuildKit && order.secrets.size > 0)
      throw new FaasError('invalid', 'build secrets need BuildKit, which this engine does not have')
    // Ends the session with the build, however that ends.
    const end = new AbortController()
    const abort = (): void => end.abort(signal.reason)
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    try {
      yield* hasBuildKit ? this.#withBuildKit(order, end.signal) : this.#classic(order, end.signal)
    } finally {
      signal.removeEventListener('abort', abort)
      end.abort()
    }
  }

  builtImages(): Promise<readonly BuiltImage[]> {
    return this.#options.calls.imagesWith(`${BUILT_LABEL}=${this.#options.registryId}`)
  }

  removeImage(id: string): Promise<boolean> {
    return this.#options.calls.removeImage(id)
  }

  async *#withBuildKit(order: BuildOrder, signal: AbortSignal): AsyncIterable<BuildNews> {
    const { calls, credentials } = this.#options
    const offer = sessionOffer()
    const connection = await calls.session(offer.headers, signal)
    try {
      serveSession(connection, {
        secrets: order.secrets,
        credentials: (registry) => credentials.lookUp(hubOr(registry)),
      })
      const query = {
        ...this.#query(order),
        version: 2,
        session: offer.id,
        // BuildKit has no name for the engine's usual network.
        networkmode: order.network === 'none' ? 'none' : 'default',
      }
      yield* this.#read({ query, order, signal, registries: {} })
    } finally {
      connection.destroy()
    }
  }

  async *#classic(order: BuildOrder, signal: AbortSignal): AsyncIterable<BuildNews> {
    const found = await this.#options.credentials.lookUp('docker.io')
    const query = { ...this.#query(order), version: 1, networkmode: order.network }
    yield* this.#read({ query, order, signal, registries: found === undefined ? {} : { [HUB]: found } })
  }

  async *#read({ query, order, signal, registries }: Reading): AsyncIterable<BuildNews> {
    const opened = order.openContext()
    const context = opened instanceof Readable ? opened : Readable.from(opened)
    const trace = new BuildTrace()
    let id = ''
    try {
      for await (const message of this.#options.calls.build({ query, context, registries, signal })) {
        const error = text(message, 'error')
        if (error !== '') throw new FaasError('invalid', error)
        const aux = field(message, 'aux')
        id = text(aux, 'ID') || id
        const lines = typeof aux === 'string' ? trace.lines(aux) : linesIn(text(message, 'stream'))
        for (const line of lines) yield { kind: 'log', text: line }
      }
    } finally {
      context.destroy()
    }
    if (signal.aborted) throw new FaasError('cancelled', 'the build was cancelled')
    if (id === '') throw new EngineAway('it ended the build without an image')
    yield { kind: 'built', id }
  }

  #query({ image, buildArgs, noCache }: BuildOrder): Readonly<Record<string, unknown>> {
    return {
      t: image,
      buildargs: buildArgs,
      labels: { [BUILT_LABEL]: this.#options.registryId },
      nocache: noCache,
      rm: true,
      forcerm: true,
    }
  }
}

interface Reading {
  readonly query: Readonly<Record<string, unknown>>
  readonly order: BuildOrder
  readonly signal: AbortSignal
  readonly registries: Readonly<Record<string, object>>
}

function linesIn(stream: string): readonly string[] {
  return stream.split('\n').filter((line) => line.trim() !== '')
}

/** BuildKit asks for Docker Hub by the name of its server. */
function hubOr(registry: string): string {
  return /^(?:registry-1|index)\.docker\.io$/.test(registry) ? 'docker.io' : registry
}

function isAtLeast(version: string, [major, minor]: readonly [number, number]): boolean {
  const [ours = 0, its = 0] = version.split('.').map(Number)
  return ours > major || (ours === major && its >= minor)
}
