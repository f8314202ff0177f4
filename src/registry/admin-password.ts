import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { messageOf } from '../core/errors.ts'
import { readPrivateFile, writePrivateFile } from '../private-file.ts'
import { RegistryError } from './registry-error.ts'

/** Bytes of chance in a generated password. */
const PASSWORD_BYTES = 24

/** Where the password is kept when none is given. */
export function passwordFile(dataDir: string): string {
  return join(dataDir, 'basic-auth-password')
}

/**
 * The password in the data folder, made on the first start. Throws `RegistryError` when the file is empty or
 * unreadable.
 */
export function adminPassword(dataDir: string): string {
  const path = passwordFile(dataDir)
  try {
    const kept = readPrivateFile(path)
    if (kept === null) {
      const made = randomBytes(PASSWORD_BYTES).toString('base64url')
      writePrivateFile(path, `${made}\n`)
      return made
    }
    const password = kept.toString('utf8').trim()
    if (password !== '') return password
  } catch (error) {
    throw new RegistryError(
      `${path} cannot be read or created (${messageOf(error)}). Check the rights of the folder.`,
      { cause: error },
    )
  }
  throw new RegistryError(`${path} is empty. Write a password into it, or delete it to have one generated.`)
}
