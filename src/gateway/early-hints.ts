/** What one hint may be long, all links together. */
const MAX_BYTES = 8 * 1024

/**
 * A part of what Node takes for a link, in which each character can be read in one way only. Node's own expression cannot do without
 * that: `<a>;a=b;a=b…"` takes it twice as long with each `;a=b`, and a function could stop the daemon for ever with one line.
 */
const LINK = /^<[^<>\s]*>(?:[\t ]*;[\t ]*[^;"=\s]+(?:=(?:"[^;"\s]*"|[^;"\s]*))?)*$/

/** The links of an interim answer, as `writeEarlyHints` may have them. Empty: nothing to pass on. */
export function hintedLinks(rawHeaders: readonly string[]): string[] {
  const links: string[] = []
  let bytes = 0
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() !== 'link') continue
    const link = rawHeaders[at + 1] ?? ''
    bytes += link.length
    if (bytes > MAX_BYTES) return []
    if (LINK.test(link)) links.push(link)
  }
  return links
}
