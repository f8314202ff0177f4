import { createPrivateKey, createPublicKey, diffieHellman, randomBytes, timingSafeEqual } from 'node:crypto'
import { poly1305 } from './poly1305.ts'
import { hsalsa20, xsalsa20 } from './salsa20.ts'

// NaCl's crypto_box: X25519, XSalsa20, Poly1305 (https://nacl.cr.yp.to/box.html). Keys are 32 bytes.

export const KEY_BYTES = 32
export const NONCE_BYTES = 24
const TAG_BYTES = 16

/** What stands before the bytes of a key in DER (RFC 8410). */
const PKCS8 = Buffer.from('302e020100300506032b656e04220420', 'hex')
const SPKI = Buffer.from('302a300506032b656e032100', 'hex')

export interface KeyPair {
  readonly privateKey: Uint8Array
  readonly publicKey: Uint8Array
}

export function newKeyPair(): KeyPair {
  return keyPairOf(randomBytes(KEY_BYTES))
}

export function keyPairOf(privateKey: Uint8Array): KeyPair {
  const spki = createPublicKey(privateObject(privateKey)).export({ format: 'der', type: 'spki' })
  return { privateKey, publicKey: spki.subarray(SPKI.length) }
}

/** The key that both sides have. Throws for a public key that leads to none. */
export function sharedKey(privateKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const secret = diffieHellman({
    privateKey: privateObject(privateKey),
    publicKey: createPublicKey({ key: Buffer.concat([SPKI, publicKey]), format: 'der', type: 'spki' }),
  })
  return hsalsa20(secret, new Uint8Array(16))
}

/** Tag and cipher text. A nonce must not be used twice with one key. */
export function seal(message: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array {
  const stream = xsalsa20(key, nonce, KEY_BYTES + message.length)
  const cipher = mixed(message, stream)
  return Buffer.concat([poly1305(stream.subarray(0, KEY_BYTES), cipher), cipher])
}

/** Null: it is not from there, or was changed. */
export function open(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Uint8Array | null {
  if (box.length < TAG_BYTES) return null
  const cipher = box.subarray(TAG_BYTES)
  const stream = xsalsa20(key, nonce, KEY_BYTES + cipher.length)
  const tag = poly1305(stream.subarray(0, KEY_BYTES), cipher)
  return timingSafeEqual(tag, box.subarray(0, TAG_BYTES)) ? mixed(cipher, stream) : null
}

function mixed(text: Uint8Array, stream: Uint8Array): Uint8Array {
  return text.map((byte, at) => byte ^ (stream[KEY_BYTES + at] ?? 0))
}

function privateObject(bytes: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([PKCS8, bytes]), format: 'der', type: 'pkcs8' })
}
