import { open, rename, rm, writeFile } from 'node:fs/promises'

/** Where a file is written before it gets its name: in the same folder. */
export interface Draft {
  readonly path: string
  readonly mode: number
}

/**
 * Writes a file under another name and renames it, so that nobody ever reads half of it and a full disk leaves the old one
 * as it was. What it holds is on disk on return; for its name, `syncFolder`. A draft that is there is replaced.
 */
export async function writeBeside(
  path: string,
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
  draft: Draft,
): Promise<void> {
  await rm(draft.path, { force: true })
  try {
    const file = await open(draft.path, 'wx', draft.mode)
    try {
      await writeFile(file, content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft.path, path)
  } catch (error) {
    // The first failure is the one to tell; on a full disk the half file must not stay.
    await rm(draft.path, { force: true }).catch(() => {})
    throw error
  }
}

/** The names in a folder are on disk then. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
