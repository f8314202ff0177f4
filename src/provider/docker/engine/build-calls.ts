import type { Duplex, Readable } from 'node:stream'
import type { BuiltImage } from '../../../core/provider/image-builder.ts'
import { hasCode } from '../../../core/errors.ts'
import { jsonLines } from './json-lines.ts'
import type { Call, Upgrade } from './transport.ts'
import { field, list, number, text, words } from './untrusted.ts'

/** What this needs of `transport.ts`. */
export interface BuildTransport {
  ask(call: Call): Promise<unknown>
  stream(call: Call): Promise<Readable>
  upgrade(call: Upgrade): Promise<Duplex>
}

export interface BuildCall {
  readonly query: Readonly<Record<string, unknown>>
  readonly context: Readable
  /** By registry, for the builder that has no session. */
  readonly registries: Readonly<Record<string, object>>
  readonly signal: AbortSignal
}

/** A build has its own limit of time: the engine may say nothing while it unpacks a large context. */
const BUILD_MS = 2 ** 31 - 1
const REMOVE_MS = 60_000
const LIST_MS = 30_000

/** The engine's calls for building images. */
export class BuildCalls {
  readonly #transport: BuildTransport

  constructor(transport: BuildTransport) {
    this.#transport = transport
  }

  /** The messages of one build, as the engine sends them. Ends with the connection when `signal` aborts. */
  async *build({ query, context, registries, signal }: BuildCall): AsyncIterable<unknown> {
    const stream = await this.#transport.stream({
      method: 'POST',
      path: '/build',
      query,
      file: context,
      registryconfig: registries,
      doing: 'build the image',
      timeoutMs: BUILD_MS,
      signal,
    })
    yield* jsonLines(stream)
  }

  /** A connection on which BuildKit asks us for what a build needs. */
  session(
    headers: Readonly<Record<string, string | readonly string[]>>,
    signal: AbortSignal,
  ): Promise<Duplex> {
    return this.#transport.upgrade({
      path: '/session',
      protocol: 'h2c',
      headers,
      doing: 'begin a session for the build',
      signal,
    })
  }

  /** Images with this label, `key=value`, those without a name included. */
  async imagesWith(label: string): Promise<readonly BuiltImage[]> {
    const answer = await this.#transport.ask({
      method: 'GET',
      path: '/images/json',
      query: { filters: { label: [label] } },
      doing: 'list images',
      timeoutMs: LIST_MS,
    })
    return list(answer).map((image) => ({
      id: text(image, 'Id'),
      tags: words(field(image, 'RepoTags')).filter((tag) => tag !== '<none>:<none>'),
      bytes: number(image, 'Size'),
    }))
  }

  /** Without force: false when a container, another image or a second name has it. */
  async removeImage(id: string): Promise<boolean> {
    try {
      await this.#transport.ask({
        method: 'DELETE',
        path: `/images/${encodeURIComponent(id)}`,
        doing: 'remove the image',
        timeoutMs: REMOVE_MS,
      })
      return true
    } catch (error) {
      if (hasCode(error, 'conflict')) return false
      if (hasCode(error, 'not-found')) return true
      throw error
    }
  }
}
