/** `?…` of a path, in the order given: Go's is that of the keys. Empty values are left out; nothing where that leaves none. */
export function queryOf(values: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(values).filter(([, value]) => value !== '')
  return pairs.length === 0
    ? ''
    : `?${pairs.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')}`
}
