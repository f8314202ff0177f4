import { createHmac, timingSafeEqual } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { createGunzip } from 'node:zlib'
import { Readable } from 'node:stream'
import { FaasError, messageOf } from '../core/errors.ts'
import { tarEnd, tarHead, tarPadding } from '../core/tar.ts'
import { entriesOf, type UploadEntry } from '../core/tar-entries.ts'
import { type BuildConfig, buildConfigIn } from './build-config.ts'

const CONTEXT = 'context'
const CONFIG = 'com.openfaas.docker.config'
const SECRETS = 'com.openfaas.secrets'
/** Of a part that is read into memory. */
const PART_BYTES = 1024 * 1024
/** Files, folders and links of one build: the engine unpacks each. */
const MOST_ENTRIES = 100_000

export interface UploadOptions {
  /** Where the build context is written to. */
  readonly path: string
  /** Most bytes that arrive, and most that they become when they are unpacked. */
  readonly limitBytes: number
  readonly signal: AbortSignal
  /** Null: nobody asks for one. */
  readonly signature: { readonly header: string; readonly secret: string } | null
}

/** What arrived. */
export interface Upload {
  readonly config: BuildConfig
  /** The text of the sealed secrets; empty when there are none. */
  readonly secrets: string
}

/**
 * Reads what a client sends for a build (cli.md 9.5): a tar archive, compressed or not. Its build context is written to
 * `path` as an archive of our own, so that the engine never sees a head that we did not write. Throws `invalid`,
 * `too-large`, `unauthorized` for a wrong signature, `cancelled` when the client leaves.
 */
export async function receive(body: AsyncIterable<Uint8Array>, options: UploadOptions): Promise<Upload> {
  const hmac = options.signature === null ? null : createHmac('sha256', options.signature.secret)
  const arriving = arrivingFrom(body, options, (chunk) => hmac?.update(chunk))
  const file = createWriteStream(options.path, { flags: 'wx', mode: 0o600 })
  try {
    const parts = await written(file, bounded(await unzipped(arriving), options.limitBytes))
    // Bytes after the end of the archive are signed, too.
    for await (const _ of arriving) continue
    if (hmac !== null) checkSignature(options.signature?.header ?? '', hmac.digest('hex'))
    const config = parts.get(CONFIG)
    if (config === undefined) throw new FaasError('invalid', `body: the archive has no ${CONFIG}`)
    return { config: buildConfigIn(config), secrets: parts.get(SECRETS) ?? '' }
  } catch (error) {
    if (!isOfDisk(error)) throw error
    throw new FaasError('unavailable', `the build context cannot be kept: ${messageOf(error)}`, {
      cause: error,
    })
  } finally {
    file.destroy()
  }
}

/** What the file that it is written to has: everything else is a `FaasError` already. */
function isOfDisk(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

async function written(
  file: ReturnType<typeof createWriteStream>,
  archive: AsyncIterable<Uint8Array>,
): Promise<ReadonlyMap<string, string>> {
  const put = async (bytes: Uint8Array): Promise<void> => {
    if (!file.write(bytes)) await once(file, 'drain')
  }
  let failure: Error | undefined
  file.on('error', (error) => (failure = error))
  const parts = new Map<string, string>()
  let count = 0
  let hasDockerfile = false
  for await (const entry of entriesOf(archive)) {
    if (failure !== undefined) throw failure
    if ((count += 1) > MOST_ENTRIES)
      throw new FaasError('too-large', `body: the archive has more than ${MOST_ENTRIES} files, a fixed limit`)
    if (entry.path === CONFIG || entry.path === SECRETS) parts.set(entry.path, await textIn(entry))
    else if (await copyContext(entry, put)) hasDockerfile = true
  }
  if (!hasDockerfile) throw new FaasError('invalid', `body: the archive has no ${CONTEXT}/Dockerfile`)
  file.end(tarEnd())
  await once(file, 'close')
  return parts
}

/** Whether this was the Dockerfile. Anything beside the context is left out. */
async function copyContext(entry: UploadEntry, put: (bytes: Uint8Array) => Promise<void>): Promise<boolean> {
  const path = below(entry.path)
  if (path === null) {
    for await (const _ of entry.content) continue
    return false
  }
  const target = entry.kind === 'hardlink' ? below(entry.target) : entry.target
  if (target === null) throw new FaasError('invalid', `body: a link in the archive leads out of ${CONTEXT}/`)
  await put(tarHead({ ...entry, path, target }))
  for await (const chunk of entry.content) await put(chunk)
  await put(new Uint8Array(tarPadding(entry.bytes)))
  return path === 'Dockerfile' && entry.kind === 'file'
}

function below(path: string): string | null {
  return path.startsWith(`${CONTEXT}/`) && path.length > CONTEXT.length + 1
    ? path.slice(CONTEXT.length + 1)
    : null
}

async function textIn({ path, bytes, content }: UploadEntry): Promise<string> {
  if (bytes > PART_BYTES)
    throw new FaasError('too-large', `body: ${path} is larger than ${PART_BYTES} bytes, a fixed limit`)
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

/** One iterator over the body, which several read one after the other; `for await` does not end it early. */
function arrivingFrom(
  body: AsyncIterable<Uint8Array>,
  { limitBytes, signal }: UploadOptions,
  onChunk: (chunk: Uint8Array) => void,
): AsyncIterable<Uint8Array> {
  const source = body[Symbol.asyncIterator]()
  const left = new Promise<never>((_, reject) => {
    const leave = (): void => reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'))
    if (signal.aborted) leave()
    else signal.addEventListener('abort', leave, { once: true })
  })
  left.catch(() => undefined)
  let length = 0
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    const step = await Promise.race([source.next(), left]).catch((error: unknown) => {
      if (error instanceof FaasError) throw error
      throw new FaasError('cancelled', 'the client left before the body was complete', { cause: error })
    })
    if (step.done === true) return step
    length += step.value.length
    if (length > limitBytes) throw tooLarge(limitBytes)
    onChunk(step.value)
    return step
  }
  return { [Symbol.asyncIterator]: () => ({ next }) }
}

/** Uncompressed, whatever it was: gzip is known by its first bytes. */
async function unzipped(archive: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> {
  const iterator = archive[Symbol.asyncIterator]()
  const rest = { [Symbol.asyncIterator]: () => iterator }
  let start: Uint8Array = new Uint8Array()
  while (start.length < 2) {
    const { done, value } = await iterator.next()
    if (done === true) break
    start = start.length === 0 ? value : Buffer.concat([start, value])
  }
  async function* whole(): AsyncIterable<Uint8Array> {
    yield start
    yield* rest
  }
  if (start[0] !== 0x1f || start[1] !== 0x8b) return whole()
  const source = Readable.from(whole(), { objectMode: false })
  const gunzip = createGunzip()
  source.on('error', (error) => gunzip.destroy(error))
  return source.pipe(gunzip)
}

async function* bounded(archive: AsyncIterable<Uint8Array>, limitBytes: number): AsyncIterable<Uint8Array> {
  let length = 0
  try {
    for await (const chunk of archive) {
      length += chunk.length
      if (length > limitBytes) throw tooLarge(limitBytes)
      yield chunk
    }
  } catch (error) {
    if (error instanceof FaasError) throw error
    throw new FaasError('invalid', `body: cannot be read: ${messageOf(error)}`, { cause: error })
  }
}

function tooLarge(bytes: number): FaasError {
  return new FaasError(
    'too-large',
    `body: the build context is larger than ${bytes} bytes (SAMPAN_BUILD_CONTEXT); leave out what the build does not need`,
  )
}

function checkSignature(header: string, hex: string): void {
  const given = Buffer.from(header.replace(/^sha256=/, ''))
  const right = Buffer.from(hex)
  if (given.length === right.length && timingSafeEqual(given, right)) return
  throw new FaasError('unauthorized', 'the signature of the build is wrong: the payload secret differs')
}
