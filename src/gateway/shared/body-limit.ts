/** How large the body of a route may be. */
export interface BodyLimit {
  readonly bytes: number
  /** Added to the error, for a person; may be empty. */
  readonly hint: string
}

/** The limit of every route that sets none. */
export const USUAL_BODY: BodyLimit = { bytes: 1024 * 1024, hint: '' }

/** For a person; the limits are whole ones. */
export function mebibytes(bytes: number): number {
  return Math.round(bytes / (1024 * 1024))
}
