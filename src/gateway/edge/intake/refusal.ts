import { STATUS_CODES } from 'node:http'

/**
 * Thrown for a request that is not served, with the status and the sentence for the client. It ends the
 * connection.
 */
export class Refusal extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.name = 'Refusal'
    this.status = status
  }
}

/** Seconds after which a client that met a full gateway may try again. */
export const RETRY_AFTER_SECONDS = '1'

/** The reason phrase of a status line; an unknown status needs one too. */
export function reasonOf(status: number): string {
  return STATUS_CODES[status] ?? 'unknown'
}

/**
 * Headers of an error text (http-api 1.3, shape A), as a flat list; an empty message has no type. `more`:
 * further ones, of which a `Retry-After` takes the place of the usual one.
 */
export function refusalHeaders(status: number, message: string, more: readonly string[] = []): string[] {
  const headers = [...more]
  if (message !== '')
    headers.push('Content-Type', 'text/plain; charset=utf-8', 'X-Content-Type-Options', 'nosniff')
  const isBusy = status === 429 || status === 503
  if (isBusy && !more.includes('Retry-After')) headers.push('Retry-After', RETRY_AFTER_SECONDS)
  return headers
}
