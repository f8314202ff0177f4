import { mkdirSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { RegistryError } from './registry-error.ts'

/** Makes the folder, and those that it is in, unless it is there; for this user alone. Throws `RegistryError`. */
export function makeDataFolder(folder: string): void {
  try {
    makeFolders(folder)
  } catch (error) {
    throw new RegistryError(
      `the data folder ${folder} is missing and cannot be made: ${whyNotMade(error)}. ` +
        'Make it, writable for this user, or set SAMPAN_DATA_DIR to another place.',
      { cause: error },
    )
  }
}

/** Node's own way to do this says ENOENT of a read-only disk, and never ends below /proc (seen on Node 20). */
function makeFolders(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found?.isDirectory() === true) return
  if (found === undefined) makeFolders(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

function whyNotMade(error: unknown): string {
  switch (error instanceof Error && 'code' in error ? error.code : '') {
    case 'EROFS':
      return 'the disk there is read-only'
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there'
    case 'EEXIST':
      return isThere(error)
        ? 'a part of the path is a file'
        : 'a part of the path is a link to a place that does not exist'
    case 'ENOTDIR':
      return 'a part of the path is a file'
    case 'ELOOP':
      return 'a part of the path is a link that leads back to itself'
    case 'ENOSPC':
      return 'the disk there is full'
    default:
      return messageOf(error)
  }
}

/** Whether there is something behind the name that was taken. */
function isThere(error: unknown): boolean {
  const path = error instanceof Error && 'path' in error ? error.path : undefined
  return typeof path !== 'string' || statSync(path, { throwIfNoEntry: false }) !== undefined
}
