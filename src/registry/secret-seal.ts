import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { readPrivateFile, writePrivateFile } from '../private-file.ts'
import { RegistryError } from './registry-error.ts'

const ALGORITHM = 'aes-256-gcm'
const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Seals and opens secret values with a key that is not in the database. Layout: nonce, tag, ciphertext. */
export class SecretSeal {
  readonly #key: Uint8Array

  constructor(key: Uint8Array) {
    this.#key = key
  }

  /** `label` is bound to the value: a value sealed under one label cannot be opened under another. */
  seal(label: string, value: Uint8Array): Buffer {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(label))
    const sealed = Buffer.concat([cipher.update(value), cipher.final()])
    return Buffer.concat([nonce, cipher.getAuthTag(), sealed])
  }

  /** Throws when the key is another one, or the bytes were changed. */
  open(label: string, sealed: Uint8Array): Buffer {
    const nonce = sealed.subarray(0, NONCE_BYTES)
    const tag = sealed.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES)
    const decipher = createDecipheriv(ALGORITHM, this.#key, nonce).setAAD(Buffer.from(label)).setAuthTag(tag)
    return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()])
  }
}

/** Where the key is kept. */
export function keyFile(dataDir: string): string {
  return join(dataDir, 'secrets.key')
}

/**
 * The seal of a data folder. The key is made on first use; when there are sealed values already and the key
 * is gone, the start fails: a new key could not open them. Throws `RegistryError`.
 */
export function openSeal(dataDir: string, hasSealedValues: boolean): SecretSeal {
  const path = keyFile(dataDir)
  const kept = readPrivateFile(path)
  if (kept === null && hasSealedValues) {
    throw new RegistryError(
      `${path} is missing, but the registry holds secrets sealed with it. Put the file back.`,
    )
  }
  if (kept === null) {
    const key = randomBytes(KEY_BYTES)
    writePrivateFile(path, `${key.toString('base64')}\n`)
    return new SecretSeal(key)
  }
  const key = Buffer.from(kept.toString('utf8').trim(), 'base64')
  if (key.length !== KEY_BYTES)
    throw new RegistryError(`${path} is not a key of ${KEY_BYTES} bytes in base64. Put the right file back.`)
  return new SecretSeal(key)
}
