import * as v from 'valibot'

/** The form of a backup that this program writes, and the newest that it reads. */
export const FORMAT = 1

export const MANIFEST = 'manifest.json'

/** Everything else that a backup may have in it. A name that is not of this form is refused. */
export const CONTENT =
  /^(?:registry\.db|calls\.db|secrets\.key|basic-auth-password|build\.key|spool\/[A-Za-z0-9]{1,64}\.(?:body|answer|outbox)|streams\/\w{1,64}\.(?:json|snapshot))$/

const file = v.object({
  path: v.pipe(v.string(), v.regex(CONTENT, 'is no file of a backup')),
  bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'is no sum')),
})

const manifest = v.object({
  format: v.number(),
  release: v.string(),
  sha: v.string(),
  instance: v.string(),
  host: v.string(),
  /** Of the host, as Node spells it. */
  arch: v.string(),
  createdAt: v.string(),
  /** Keys, password and sealed values are in it. */
  hasSecrets: v.boolean(),
  /** Which version of nats-server wrote the streams; empty: there are none. */
  nats: v.string(),
  files: v.array(file),
  /** What functions run on: the engine of another host may not have it. Not in the backup. */
  images: v.array(
    v.object({ image: v.string(), artifact: v.nullable(v.string()), functions: v.array(v.string()) }),
  ),
})

export type BackupFile = v.InferOutput<typeof file>
export type Manifest = v.InferOutput<typeof manifest>

/** Throws an `Error` with a sentence for what is no manifest, or that of a newer program. */
export function readManifest(text: string): Manifest {
  const read = v.safeParse(manifest, parsed(text))
  const format = (parsed(text) as { readonly format?: unknown } | null)?.format
  if (typeof format === 'number' && format > FORMAT)
    throw new Error(
      `it was made by a newer Sampan (form ${format}, this program knows ${FORMAT}): install that one`,
    )
  if (!read.success) throw new Error(`its ${MANIFEST} cannot be used: ${read.issues[0].message}`)
  return read.output
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
