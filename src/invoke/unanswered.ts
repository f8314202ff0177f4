/** A connection ended, or was cut, before a byte of an answer. */
export class UnansweredError extends Error {
  constructor(cause?: Error) {
    super('it closed the connection without answering', { cause })
    this.name = 'UnansweredError'
  }
}

const CUTS = new Set(['ECONNRESET', 'EPIPE'])

/** The error of a connection on which no answer came, in words for a caller where it means just that. */
export function unanswered(error: Error & { readonly code?: string }): Error {
  return CUTS.has(error.code ?? '') ? new UnansweredError(error) : error
}
