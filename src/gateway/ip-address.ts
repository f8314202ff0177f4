/** An address as people write it: a socket for both families names an IPv4 peer `::ffff:192.0.2.1`. */
export function plainAddress(address: string): string {
  const isMapped = address.startsWith('::') && address.includes('.') && /^::ffff:/i.test(address)
  return isMapped ? address.slice(7) : address
}
