// Salsa20 and HSalsa20 (D. J. Bernstein, "The Salsa20 family of stream ciphers", "Extending the Salsa20 nonce"), of which
// OpenSSL has neither. Only for sealed secrets: short texts, so that speed does not matter.

const ROUNDS = 20

/** "expand 32-byte k". */
const SIGMA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const

/** Where the constants, the key and the input are in the matrix of words. */
const CONSTANTS = [0, 5, 10, 15] as const
const KEY = [1, 2, 3, 4, 11, 12, 13, 14] as const
const INPUT = [6, 7, 8, 9] as const

/** Columns, then rows: each quarter-round's four words. */
const QUARTERS = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
] as const

/** A key of 32 bytes from one and 16 bytes of input. */
export function hsalsa20(key: Uint8Array, input: Uint8Array): Uint8Array {
  const words = matrix(key, input)
  rounds(words)
  const out = new DataView(new ArrayBuffer(32))
  ;[...CONSTANTS, ...INPUT].forEach((from, at) => out.setUint32(4 * at, word(words, from), true))
  return new Uint8Array(out.buffer)
}

/** `length` bytes of the stream for a key of 32 bytes and a nonce of 24: XSalsa20. */
export function xsalsa20(key: Uint8Array, nonce: Uint8Array, length: number): Uint8Array {
  const subkey = hsalsa20(key, nonce.subarray(0, 16))
  const input = new Uint8Array(16)
  input.set(nonce.subarray(16, 24))
  const counter = new DataView(input.buffer)
  const stream = new Uint8Array(Math.ceil(length / 64) * 64)
  for (let block = 0; 64 * block < length; block += 1) {
    counter.setUint32(8, block, true)
    stream.set(salsaBlock(subkey, input), 64 * block)
  }
  return stream.subarray(0, length)
}

function salsaBlock(key: Uint8Array, input: Uint8Array): Uint8Array {
  const words = matrix(key, input)
  const mixed = words.slice()
  rounds(mixed)
  const out = new DataView(new ArrayBuffer(64))
  for (let at = 0; at < 16; at += 1) out.setUint32(4 * at, word(words, at) + word(mixed, at), true)
  return new Uint8Array(out.buffer)
}

function matrix(key: Uint8Array, input: Uint8Array): Uint32Array {
  const words = new Uint32Array(16)
  CONSTANTS.forEach((to, at) => (words[to] = SIGMA[at] ?? 0))
  KEY.forEach((to, at) => (words[to] = littleEndian(key, at)))
  INPUT.forEach((to, at) => (words[to] = littleEndian(input, at)))
  return words
}

function rounds(words: Uint32Array): void {
  for (let round = 0; round < ROUNDS; round += 2) for (const quarter of QUARTERS) mix(words, quarter)
}

function mix(words: Uint32Array, [a, b, c, d]: (typeof QUARTERS)[number]): void {
  words[b] = word(words, b) ^ rotated(word(words, a) + word(words, d), 7)
  words[c] = word(words, c) ^ rotated(word(words, b) + word(words, a), 9)
  words[d] = word(words, d) ^ rotated(word(words, c) + word(words, b), 13)
  words[a] = word(words, a) ^ rotated(word(words, d) + word(words, c), 18)
}

function rotated(sum: number, bits: number): number {
  const low = sum | 0
  return (low << bits) | (low >>> (32 - bits))
}

function word(words: Uint32Array, at: number): number {
  return words[at] ?? 0
}

function littleEndian(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(4 * at, true)
}
