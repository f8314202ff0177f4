/** Which build runs. Neither is ever empty: clients of `/system/info` dereference them. */
export interface BuildInfo {
  readonly release: string
  readonly sha: string
}

/** The daemon and its release, as headers name it (RFC 9110, `product`). */
export function productOf({ release }: BuildInfo): string {
  return `sampan/${release}`
}
