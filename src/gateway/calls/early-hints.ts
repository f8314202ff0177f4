/** Longest hint, all links together. */
const MAX_BYTES = 8 * 1024

/** The links of an interim answer as headers, names and values in turn. Empty: nothing to pass on. */
export function hintedLinks(rawHeaders: readonly string[]): string[] {
  const links: string[] = []
  let bytes = 0
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'link') continue
    const link = rawHeaders[at + 1] ?? ''
    bytes += link.length
    if (bytes > MAX_BYTES) return []
    links.push('Link', link)
  }
  return links
}
