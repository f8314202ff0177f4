/** An address as people write it: a socket for both families names an IPv4 peer `::ffff:192.0.2.1`. */
export function plainAddress(address: string): string {
  const isMapped = address.startsWith('::') && address.includes('.') && /^::ffff:/i.test(address)
  return isMapped ? address.slice(7) : address
}

/**
 * The network of one client. An IPv6 host owns a whole /64, so clients are counted by /64. An IPv4 address in
 * IPv6 form counts as the IPv4 address.
 */
export function networkOf(text: string): string {
  const address = plainAddress(text)
  if (!address.includes(':')) return address
  // `::` stands for as many zeros as are missing.
  const [left = [], right = []] = address.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].slice(0, 4).join(':')
}
