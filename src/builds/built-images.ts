import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import { messageOf } from '../core/errors.ts'
import type { BuiltImage, ImageBuilder } from '../core/provider/image-builder.ts'
import type { Log } from '../log.ts'
import { readPrivateFile, writePrivateFile } from '../private-file.ts'

export interface BuiltImagesOptions {
  readonly folder: string
  readonly builder: Pick<ImageBuilder, 'builtImages' | 'removeImage'>
  /** Ids and names of images that functions or their kept revisions have. */
  readonly inUse: () => ReadonlySet<string>
  /** When the unused ones take more than `highBytes`, the oldest go until `lowBytes` are left. */
  readonly highBytes: number
  readonly lowBytes: number
  readonly clock: Clock
  readonly log: Log
}

/** An image that was built is deployed within this time, or it is not. */
const GRACE_MS = 60 * 60_000
const FILE = 'images.json'

/**
 * The images that builds of this registry made: which there are, and which can go. Only what is in this book and has
 * our label is ever removed, because an image that somebody makes from one of ours inherits the label.
 */
export class BuiltImages {
  readonly #options: BuiltImagesOptions
  readonly #path: string
  /** When each was last built, by id: milliseconds since the epoch. */
  readonly #builtAt = new Map<string, number>()
  #round: Promise<void> = Promise.resolve()

  constructor(options: BuiltImagesOptions) {
    this.#options = options
    this.#path = join(options.folder, FILE)
  }

  /** Reads the book of earlier lives. */
  start(): void {
    for (const [id, builtAt] of readBook(this.#path, this.#options.log)) this.#builtAt.set(id, builtAt)
  }

  /** This image was built, now or again. A full disk does not unmake it: the book is written with the next round. */
  note(id: string): void {
    this.#builtAt.set(id, this.#options.clock.wall())
    try {
      this.#write()
    } catch (error) {
      this.#options.log.warn('book of built images not written', { err: messageOf(error) })
    }
  }

  /** Removes what is too much. One round after the other; never rejects. */
  tidy(): Promise<void> {
    this.#round = this.#round.then(() =>
      this.#tidy().catch((error: unknown) =>
        this.#options.log.warn('built images not tidied', { err: messageOf(error) }),
      ),
    )
    return this.#round
  }

  async #tidy(): Promise<void> {
    const { builder, highBytes, lowBytes, log } = this.#options
    const found = await builder.builtImages()
    const unused = this.#unused(found)
    let bytes = unused.reduce((sum, image) => sum + image.bytes, 0)
    if (bytes > highBytes) {
      for (const image of unused) {
        if (bytes <= lowBytes) break
        if (!(await builder.removeImage(image.id))) continue
        bytes -= image.bytes
        log.info('built image removed: nothing uses it', { imageId: image.id, tags: image.tags })
      }
    }
    const there = new Set((bytes > highBytes ? found : await builder.builtImages()).map(({ id }) => id))
    for (const id of this.#builtAt.keys()) if (!there.has(id)) this.#builtAt.delete(id)
    this.#write()
  }

  /** Oldest first. */
  #unused(found: readonly BuiltImage[]): readonly BuiltImage[] {
    const inUse = this.#options.inUse()
    const now = this.#options.clock.wall()
    const builtAt = (id: string): number => this.#builtAt.get(id) ?? now
    return found
      .filter(
        ({ id, tags }) => now - builtAt(id) >= GRACE_MS && ![id, ...tags].some((name) => inUse.has(name)),
      )
      .toSorted((a, b) => builtAt(a.id) - builtAt(b.id))
  }

  #write(): void {
    writePrivateFile(this.#path, JSON.stringify(Object.fromEntries(this.#builtAt)))
  }
}

function readBook(path: string, log: Log): readonly (readonly [string, number])[] {
  try {
    const book = JSON.parse(readPrivateFile(path)?.toString('utf8') ?? '{}') as Record<string, unknown>
    return Object.entries(book).filter((entry): entry is [string, number] => typeof entry[1] === 'number')
  } catch (error) {
    log.warn('book of built images not readable, none of them is removed', { err: messageOf(error) })
    return []
  }
}
