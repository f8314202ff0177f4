import { randomBytes } from 'node:crypto'
import { CliError } from '../cli-error.ts'
import { KEY_BYTES, newKeyPair, NONCE_BYTES, open, seal, sharedKey } from '../../sealing/box.ts'

/** Name of the file in a build context, and of the one that `seal` writes. */
export const SEALED_FILE = 'com.openfaas.secrets'

const VERSION = 'v1'
const ALGORITHM = 'nacl/box'

/** The first characters of a public key, by which a recipient knows what is meant for it. */
export function keyId(publicKey: Uint8Array): string {
  return base64(publicKey).slice(0, 8)
}

/** A key as it stands in a file or on the command line. Throws `CliError`. */
export function readKey(text: string, what: string): Uint8Array {
  const bytes = Buffer.from(text.trim(), 'base64')
  if (bytes.length === KEY_BYTES) return bytes
  throw new CliError(
    `${what} is no key: ${KEY_BYTES} bytes in base64 are one, as sampan secret keygen writes them`,
  )
}

/** The text of a sealed file: each value for itself, for the owner of `publicKey` alone (cli.md 11). */
export async function sealedFile(
  publicKey: Uint8Array,
  values: Readonly<Record<string, Uint8Array>>,
): Promise<string> {
  const sender = newKeyPair()
  const key = sharedKey(sender.privateKey, publicKey)
  const secrets = Object.entries(values)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => {
      const nonce = randomBytes(NONCE_BYTES)
      return [name, base64(Buffer.concat([nonce, seal(value, nonce, key)]))] as const
    })
  const { stringify } = await import('yaml')
  const document = {
    version: VERSION,
    algorithm: ALGORITHM,
    key_id: keyId(publicKey),
    public_key: base64(sender.publicKey),
    secrets: Object.fromEntries(secrets),
  }
  return stringify(document, { indent: 4, lineWidth: 0 })
}

/** The values in a sealed file. Throws `CliError` when it is none, or for somebody else. */
export async function unsealed(
  text: string,
  privateKey: Uint8Array,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const { version, algorithm, public_key: sender, secrets } = await documentIn(text)
  if (version !== VERSION || algorithm !== ALGORITHM)
    throw new CliError(
      `sealed as ${said(version)} with ${said(algorithm)}: only ${VERSION} with ${ALGORITHM} is understood`,
    )
  if (typeof secrets !== 'object' || secrets === null) throw notSealed()
  const key = sharedKey(privateKey, readKey(said(sender), 'public_key'))
  const found = Object.entries(secrets).map(([name, value]) => {
    const bytes = Buffer.from(said(value), 'base64')
    const message = open(bytes.subarray(NONCE_BYTES), bytes.subarray(0, NONCE_BYTES), key)
    if (message === null)
      throw new CliError(`${name} cannot be unsealed with this key`, {
        hint: 'It was sealed for another key, or changed since.',
      })
    return [name, message] as const
  })
  return new Map(found)
}

async function documentIn(text: string): Promise<Record<string, unknown>> {
  const { parse } = await import('yaml')
  try {
    const document: unknown = parse(text, { schema: 'failsafe' })
    if (typeof document === 'object' && document !== null) return document as Record<string, unknown>
  } catch (error) {
    throw notSealed(error)
  }
  throw notSealed()
}

function notSealed(cause?: unknown): CliError {
  return new CliError('that is no file of sealed secrets', {
    cause,
    hint: 'One is written by: sampan secret seal',
  })
}

function said(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}
