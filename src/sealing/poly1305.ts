const PRIME = (1n << 130n) - 5n
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn

/** The tag of a message, 16 bytes, under a key of 32 bytes that is used once (RFC 8439, 2.5). */
export function poly1305(key: Uint8Array, message: Uint8Array): Uint8Array {
  const r = numberIn(key.subarray(0, 16)) & CLAMP
  const s = numberIn(key.subarray(16, 32))
  let sum = 0n
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16)
    const end = 1n << BigInt(8 * block.length)
    sum = ((sum + numberIn(block) + end) * r) % PRIME
  }
  return bytesOf(sum + s, 16)
}

/** Little-endian. */
function numberIn(bytes: Uint8Array): bigint {
  const hex = Buffer.from(bytes).reverse().toString('hex')
  return hex === '' ? 0n : BigInt(`0x${hex}`)
}

function bytesOf(number: bigint, length: number): Uint8Array {
  const low = number & ((1n << BigInt(8 * length)) - 1n)
  return Buffer.from(low.toString(16).padStart(2 * length, '0'), 'hex').reverse()
}
