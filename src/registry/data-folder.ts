import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import type { Log } from '../log.ts'
import { RegistryError } from './registry-error.ts'

/** Rights of the group and of others: nobody but this user may look into the data folder. */
const RIGHTS_OF_OTHERS = 0o077

const REGISTRY = 'registry.db'

/**
 * What a data folder may hold before there is a registry in it: what we, the quickstart and a new file system
 * put there.
 */
const EXPECTED =
  /^(?:secrets\.key|basic-auth-password|logs|quickstart\..{1,40}|\.made-by-quickstart|lost\+found)$/

/**
 * Makes the data folder, or takes the one that is there: it becomes private to this user, and so do the files
 * in it. Throws `RegistryError` when it belongs to somebody else, or is visibly meant for something else.
 */
export function claimDataFolder(folder: string, log: Log): void {
  makeDataFolder(folder)
  const { uid, mode } = statSync(folder)
  if (uid !== process.getuid?.()) {
    throw new RegistryError(
      `the data folder ${folder} belongs to user ${uid}, not to this one (${process.getuid?.()}), and who owns it reads every secret. ` +
        `Hand it over (chown -R) or set SAMPAN_DATA_DIR to another place.`,
    )
  }
  if ((mode & RIGHTS_OF_OTHERS) !== 0) closeToOthers(folder, mode, log)
  for (const file of readdirSync(folder, { withFileTypes: true })) {
    if (file.isFile()) closeFile(join(folder, file.name), log)
  }
}

function closeToOthers(folder: string, mode: number, log: Log): void {
  const names = readdirSync(folder)
  if (!names.includes(REGISTRY) && !names.every((name) => EXPECTED.test(name))) {
    throw new RegistryError(
      `the data folder ${folder} may be entered by other users and holds things that are not Sampan's. ` +
        'Set SAMPAN_DATA_DIR to a folder of its own, or take away their rights (chmod 0700) if it is one.',
    )
  }
  try {
    chmodSync(folder, 0o700)
  } catch (error) {
    throw new RegistryError(
      `the data folder ${folder} may be entered by other users, and that cannot be changed: ${messageOf(error)}. ` +
        'Give it mode 0700.',
      { cause: error },
    )
  }
  log.warn('data folder was open to other users, permissions corrected', { folder, mode: octal(mode) })
}

/** A failure is only logged: the folder is closed, so other users cannot reach the file anyway. */
function closeFile(path: string, log: Log): void {
  const { mode } = statSync(path)
  if ((mode & RIGHTS_OF_OTHERS) === 0) return
  try {
    chmodSync(path, mode & 0o700)
    log.warn('file in the data folder was open to other users, permissions corrected', {
      path,
      mode: octal(mode),
    })
  } catch (err) {
    log.warn('file in the data folder is still open to other users', { path, mode: octal(mode), err })
  }
}

function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0')
}

/**
 * Makes the folder, and those that it is in, unless it is there; for this user alone. Throws `RegistryError`.
 */
export function makeDataFolder(folder: string): void {
  try {
    makeFolders(folder)
  } catch (error) {
    throw new RegistryError(
      `the data folder ${folder} is missing and cannot be created: ${whyNotCreated(error)}. ` +
        'Create it, writable for this user, or set SAMPAN_DATA_DIR to another place.',
      { cause: error },
    )
  }
}

/**
 * Node's own way to do this says ENOENT of a read-only disk, and never ends below /proc (seen on Node 20).
 */
function makeFolders(folder: string): void {
  const found = statSync(folder, { throwIfNoEntry: false })
  if (found?.isDirectory() === true) return
  if (found === undefined) makeFolders(dirname(folder))
  mkdirSync(folder, { mode: 0o700 })
}

function whyNotCreated(error: unknown): string {
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

/** Whether something exists under that name. */
function isThere(error: unknown): boolean {
  const path = error instanceof Error && 'path' in error ? error.path : undefined
  return typeof path !== 'string' || statSync(path, { throwIfNoEntry: false }) !== undefined
}
