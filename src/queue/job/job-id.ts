import { randomBytes } from 'node:crypto'

/** Crockford's alphabet: no letters that look like digits. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/**
 * A ULID: 48 bits of time, 80 of chance, as 26 characters. Later ones sort behind earlier ones, so an index over
 * them grows at its end. `nowMs`: since the epoch.
 */
export function jobId(nowMs: number): string {
  let text = ''
  for (let rest = Math.floor(nowMs), at = 0; at < 10; at += 1) {
    text = ALPHABET.charAt(rest % 32) + text
    rest = Math.floor(rest / 32)
  }
  for (const byte of randomBytes(16)) text += ALPHABET.charAt(byte & 31)
  return text
}

export function isJobId(text: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{26}$/.test(text)
}
