/** What is to be built. */
export interface BuildOrder {
  /** The name that the image gets, with a tag. */
  readonly image: string
  /** A tar archive with a Dockerfile at its top. Opened once, read to its end or destroyed. */
  readonly openContext: () => AsyncIterable<Uint8Array> & { destroy(): unknown }
  readonly buildArgs: Readonly<Record<string, string>>
  /** By id, for `RUN --mount=type=secret`. */
  readonly secrets: ReadonlyMap<string, Uint8Array>
  readonly network: BuildNetwork
  /** Begin without what was built before. */
  readonly noCache: boolean
}

/** What the steps of a Dockerfile reach: a network of the engine that leads out, or nothing. */
export type BuildNetwork = 'bridge' | 'none'

export type BuildNews =
  /** A line of progress, without its end. */
  | { readonly kind: 'log'; readonly text: string }
  /** The end: the image is there. */
  | { readonly kind: 'built'; readonly id: string }

/** An image on the engine that `build` made. */
export interface BuiltImage {
  readonly id: string
  readonly tags: readonly string[]
  readonly bytes: number
}

/** Makes images where functions run. */
export interface ImageBuilder {
  /**
   * Builds, no faster than the news are taken. The last one is `built`. Throws `invalid`, in the builder's own words,
   * when the build fails, `unavailable` when the engine is away or breaks off. Ends when `signal` aborts.
   */
  build(order: BuildOrder, signal: AbortSignal): AsyncIterable<BuildNews>

  /** Architecture of the host as Go spells it; empty while the engine has not said. */
  readonly architecture: string

  /** The images that this registry's builds made, those without a name included. */
  builtImages(): Promise<readonly BuiltImage[]>

  /** False when something uses the image, so that it stays. One that is gone is no error. */
  removeImage(id: string): Promise<boolean>
}
