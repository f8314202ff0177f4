/** A connection ended, or was cut, before a byte of an answer. */
export class UnansweredError extends Error {
  constructor(cause?: Error) {
    super('it closed the connection without answering', { cause })
    this.name = 'UnansweredError'
  }
}

const CUTS = new Set(['ECONNRESET', 'EPIPE'])

/**
 * Translates the error of a connection without an answer into words for the caller, if it was simply closed
 * or reset.
 */
export function unanswered(error: Error & { readonly code?: string }): Error {
  return CUTS.has(error.code ?? '') ? new UnansweredError(error) : error
}
