import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { FaasError, messageOf } from '../core/errors.ts'
import { RegistryError } from './registry-error.ts'

/** What to do about a damaged file. */
export function corrupt(path: string, cause: unknown): RegistryError {
  return new RegistryError(
    `${path} is damaged (${messageOf(cause)}). It was left as it is: move it and its -wal file away to begin with an empty ` +
      'registry, or put back a copy, then start again.',
    { cause },
  )
}

/** Why a file could not be opened, as a sentence with the remedy. */
export function openError(path: string, error: unknown): RegistryError {
  const code = codeOf(error)
  if (code.startsWith('SQLITE_CORRUPT') || code.startsWith('SQLITE_NOTADB')) return corrupt(path, error)
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new RegistryError(
      `${path} is in use by another process. Is a second Sampan running? Stop it, or give each its own SAMPAN_DATA_DIR.`,
      { cause: error, mayPass: true },
    )
  }
  if (code.startsWith('SQLITE_READONLY') || isReadOnly(path)) {
    return new RegistryError(
      `${path} cannot be written. Make the file and its folder writable for this user.`,
      { cause: error },
    )
  }
  if (code.startsWith('SQLITE_FULL') || code === 'ENOSPC') {
    return new RegistryError(`the disk of ${path} is full. Free some space and start again.`, {
      cause: error,
      mayPass: true,
    })
  }
  return new RegistryError(
    `${path} cannot be opened (${messageOf(error)}). Check SAMPAN_DATA_DIR and the rights of its folder.`,
    { cause: error },
  )
}

/** SQLite calls a file that it may only read by several names, a failing lock among them. */
function isReadOnly(path: string): boolean {
  try {
    accessSync(existsSync(path) ? path : dirname(path), constants.W_OK)
    return false
  } catch (error) {
    return ['EROFS', 'EACCES', 'EPERM'].includes(codeOf(error))
  }
}

/** Errors of the library after the start: the daemon lives on, the request fails with a sentence. */
export function translated<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const code = codeOf(error)
    if (code.startsWith('SQLITE_FULL')) {
      throw new FaasError(
        'unavailable',
        'the disk that holds the registry is full; nothing was changed: make room where SAMPAN_DATA_DIR lies',
        {
          cause: error,
        },
      )
    }
    if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_IOERR')) {
      const reason = messageOf(error)
      const cure = 'look at the disk and the rights where SAMPAN_DATA_DIR lies'
      throw new FaasError(
        'unavailable',
        `the registry cannot be written (${reason}); nothing was changed: ${cure}`,
        { cause: error },
      )
    }
    throw error
  }
}

/** The library's code of an error; empty when it has none. */
export function codeOf(error: unknown): string {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : ''
  return typeof code === 'string' ? code : ''
}
