/** Something in a stack file that is wrong, or may be. */
export interface Remark {
  /** A warning keeps from nothing. */
  readonly kind: 'error' | 'warning'
  readonly line: number
  readonly message: string
}

/** As compilers write it, so that editors find the place. */
export function remarkText(path: string, { kind, line, message }: Remark): string {
  return `${path}:${line}: ${kind}: ${message}`
}
