import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { NatsConnection } from '@nats-io/transport-node'

/** Of one answer of the server. */
const ANSWER_MS = 30_000
/** Of a chunk in a message; the server's own default. */
const CHUNK_BYTES = 128 * 1024

/** What the API of JetStream answers, as far as it counts here. */
interface ApiAnswer {
  readonly error?: { readonly description?: string }
  readonly config?: unknown
  readonly state?: unknown
  readonly deliver_subject?: string
}

/**
 * Writes a stream with its consumers to `NAME.snapshot` in `folder`, and what it is to `NAME.json`, while it goes on
 * taking messages: what comes after the request is not in it (JetStream API, `STREAM.SNAPSHOT`). Rejects with a sentence.
 */
export async function saveStream(nc: NatsConnection, stream: string, folder: string): Promise<void> {
  const inbox = `_INBOX.sampan.${randomUUID()}`
  const chunks = nc.subscribe(inbox)
  const file = await open(join(folder, `${stream}.snapshot`), 'wx', 0o600)
  try {
    const asked = { deliver_subject: inbox, chunk_size: CHUNK_BYTES, no_consumers: false, jsck: true }
    const { config, state } = await ask(nc, `$JS.API.STREAM.SNAPSHOT.${stream}`, JSON.stringify(asked))
    await writeFile(join(folder, `${stream}.json`), JSON.stringify({ config, state }), { mode: 0o600 })
    for await (const message of chunks) {
      if (message.data.length === 0) {
        const problem = message.headers?.status ?? ''
        if (problem !== '' && problem !== '0')
          throw new Error(`the server stopped: ${message.headers?.description ?? problem}`)
        break
      }
      await file.writeFile(message.data)
      // The server sends no more than a few megabytes ahead of these.
      message.respond()
    }
  } finally {
    chunks.unsubscribe()
    await file.close()
  }
}

/**
 * Puts streams back that `saveStream` wrote into `folder`, and removes the folder when all are there. A stream that
 * exists is as it is: it was put back by an earlier try. Does nothing without the folder.
 */
export async function loadStreams(
  nc: NatsConnection,
  folder: string,
  existing: ReadonlySet<string>,
): Promise<readonly string[]> {
  const names = (await readdir(folder).catch((): string[] => [])).flatMap(
    (name) => /^(\w+)\.json$/.exec(name)?.[1] ?? [],
  )
  const missing = names.filter((name) => !existing.has(name))
  for (const name of missing) await loadStream(nc, name, folder)
  await rm(folder, { recursive: true, force: true })
  return missing
}

async function loadStream(nc: NatsConnection, stream: string, folder: string): Promise<void> {
  const what = await readFile(join(folder, `${stream}.json`), 'utf8')
  const { deliver_subject: subject } = await ask(nc, `$JS.API.STREAM.RESTORE.${stream}`, what)
  if (subject === undefined)
    throw new Error(`the stream ${stream} cannot be put back: the server does not say where to send it`)
  const content = createReadStream(join(folder, `${stream}.snapshot`), { highWaterMark: CHUNK_BYTES })
  for await (const chunk of content as AsyncIterable<Uint8Array>) await ask(nc, subject, chunk)
  // An empty one ends it.
  await ask(nc, subject, new Uint8Array())
}

async function ask(nc: NatsConnection, subject: string, payload: string | Uint8Array): Promise<ApiAnswer> {
  const answer = await nc.request(subject, payload, { timeout: ANSWER_MS })
  if (answer.data.length === 0) return {}
  const read = answer.json<ApiAnswer>()
  if (read.error !== undefined) throw new Error(read.error.description ?? 'the server refuses it')
  return read
}
