import { join } from 'node:path'
import { FaasError } from '../core/errors.ts'
import { readPrivateFile, writePrivateFile } from '../private-file.ts'
import {
  KEY_BYTES,
  type KeyPair,
  keyPairOf,
  newKeyPair,
  NONCE_BYTES,
  open,
  sharedKey,
} from '../sealing/box.ts'

const FILE = 'build.key'

/** What `GET /publickey` answers (cli.md 9.5). */
export interface PublicKeyAnswer {
  readonly key_id: string
  readonly algorithm: 'nacl/box'
  readonly public_key: string
}

/** The key that secrets of builds are sealed for: in the data folder, made when it is first needed. */
export class BuildKeys {
  readonly #path: string
  #pair: KeyPair | undefined

  constructor(folder: string) {
    this.#path = join(folder, FILE)
  }

  get answer(): PublicKeyAnswer {
    const text = Buffer.from(this.#keys().publicKey).toString('base64')
    return { key_id: text.slice(0, 8), algorithm: 'nacl/box', public_key: text }
  }

  /** By id. Throws `invalid` for what was not sealed for this key. */
  async unsealed(text: string): Promise<ReadonlyMap<string, Uint8Array>> {
    if (text === '') return new Map()
    const { version, algorithm, public_key: sender, secrets } = await documentIn(text)
    if (version !== 'v1' || algorithm !== 'nacl/box') throw invalid('are sealed in a way that is not known')
    const theirs = bytesIn(sender)
    if (theirs.length !== KEY_BYTES || typeof secrets !== 'object' || secrets === null)
      throw invalid('have no key, or no values')
    const key = shared(this.#keys().privateKey, theirs)
    return new Map(Object.entries(secrets).map(([name, value]) => [name, opened(value, key)]))
  }

  #keys(): KeyPair {
    this.#pair ??= this.#kept() ?? this.#made()
    return this.#pair
  }

  #kept(): KeyPair | null {
    const kept = readPrivateFile(this.#path)
    return kept === null ? null : keyPairOf(Buffer.from(kept.toString('utf8').trim(), 'base64'))
  }

  #made(): KeyPair {
    const pair = newKeyPair()
    writePrivateFile(this.#path, `${Buffer.from(pair.privateKey).toString('base64')}\n`)
    return pair
  }
}

function shared(ours: Uint8Array, theirs: Uint8Array): Uint8Array {
  try {
    return sharedKey(ours, theirs)
  } catch (error) {
    throw invalid('have a key that leads to none', error)
  }
}

function opened(value: unknown, key: Uint8Array): Uint8Array {
  const bytes = bytesIn(value)
  const message = open(bytes.subarray(NONCE_BYTES), bytes.subarray(0, NONCE_BYTES), key)
  if (message === null) throw invalid('were sealed for another key, or changed since: ask /publickey again')
  return message
}

async function documentIn(text: string): Promise<Record<string, unknown>> {
  const { parse } = await import('yaml')
  try {
    const document: unknown = parse(text, { schema: 'failsafe', maxAliasCount: 0 })
    if (typeof document === 'object' && document !== null) return document as Record<string, unknown>
  } catch (error) {
    throw invalid('are no file of sealed secrets', error)
  }
  throw invalid('are no file of sealed secrets')
}

function bytesIn(value: unknown): Buffer {
  return Buffer.from(typeof value === 'string' ? value : '', 'base64')
}

function invalid(what: string, cause?: unknown): FaasError {
  return new FaasError('invalid', `com.openfaas.secrets: ${what}`, { cause })
}
