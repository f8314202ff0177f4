import { closeSync, fsyncSync, openSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

/** Copies that migrations leave beside a registry; of more the oldest are removed. */
const MOST_COPIES = 3

/** Fills an empty file with all that a database holds. */
type Copying = (path: string) => void

/** A consistent copy, for this user alone, on disk on return; nothing is left of one that fails. `path` must not exist. */
export function writeCopy(path: string, copy: Copying): void {
  closeSync(openSync(path, 'wx', 0o600))
  try {
    copy(path)
    const file = openSync(path, 'r+')
    try {
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    for (const suffix of ['', '-journal']) rmSync(path + suffix, { force: true })
    throw error
  }
}

/** `PATH.vVERSION`, as a database was before it is migrated: the way back for whoever has to install the older program. */
export function keepBeforeMigration(path: string, version: number, copy: Copying): void {
  const draft = `${path}.copying`
  // Of a start that was killed.
  rmSync(draft, { force: true })
  writeCopy(draft, copy)
  renameSync(draft, `${path}.v${version}`)
  const copies = copiesOf(path)
  for (const one of copies.slice(0, -MOST_COPIES)) rmSync(join(dirname(path), one), { force: true })
}

/** Names of the copies that migrations left beside a database, oldest version first. */
export function copiesOf(path: string): readonly string[] {
  const prefix = `${basename(path)}.v`
  const versions = readdirSync(dirname(path)).flatMap((name) =>
    name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length))
      ? Number(name.slice(prefix.length))
      : [],
  )
  return versions.toSorted((one, other) => one - other).map((version) => prefix + version)
}
