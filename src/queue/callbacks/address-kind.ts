import { BlockList, isIP } from 'node:net'

/** What an address stands for, as far as a callback is concerned. */
export type AddressKind =
  | 'metadata'
  | 'loopback'
  | 'unspecified'
  | 'link-local'
  | 'multicast'
  | 'broadcast'
  | 'reserved'
  | 'private'
  | 'public'

/** In the order in which they are looked at: a narrow range comes before one that it lies in. */
const RANGES: readonly (readonly [AddressKind, readonly string[]])[] = [
  [
    'metadata',
    [
      // Where clouds give out credentials, beside 169.254.0.0/16: AWS, Google, Alibaba, Azure, Oracle.
      'fd00:ec2::/32',
      'fd20:ce::254/128',
      '100.100.100.200/32',
      '168.63.129.16/32',
      '192.0.0.192/32',
    ],
  ],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  // Linux connects 0.0.0.0 and :: to itself.
  ['unspecified', ['0.0.0.0/8', '::/128']],
  ['link-local', ['169.254.0.0/16', 'fe80::/10']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  ['broadcast', ['255.255.255.255/32']],
  // Among them what translates into IPv4 in ways that cannot be seen: local NAT64 (RFC 8215) and Teredo.
  ['reserved', ['240.0.0.0/4', '192.0.0.0/24', '64:ff9b:1::/48', '2001::/32', '100::/64', 'fec0::/10']],
  [
    'private',
    ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10', '198.18.0.0/15', 'fc00::/7'],
  ],
]

const LISTS = RANGES.map(([kind, ranges]) => ({ kind, list: blockList(ranges) }))

/**
 * The kind of an address in plain form. One of IPv6 that carries one of IPv4 is of the latter's kind, unless
 * it has one of its own.
 */
export function addressKind(address: string): AddressKind {
  for (const form of formsOf(address)) {
    const found = LISTS.find(({ list }) => isIn(list, form))
    if (found !== undefined) return found.kind
  }
  return 'public'
}

/**
 * Every address that a packet to this one may end at: itself in plain form, and the one of IPv4 that it
 * carries. Empty for what is no address.
 */
export function formsOf(text: string): readonly string[] {
  // A resolver may name the interface: `fe80::1%eth0`.
  const [address = ''] = text.split('%')
  if (isIP(address) === 4) return [address]
  if (isIP(address) !== 6) return []
  const plain = new URL(`http://[${address}]/`).hostname.slice(1, -1)
  const carried = carriedAddress(plain)
  return carried === null ? [plain] : [plain, carried]
}

/** Ranges such as `10.0.0.0/8`, for `isIn`. Throws what Node does about a malformed one. */
export function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [net = '', length = ''] = range.split('/')
    list.addSubnet(net, Number(length), isIP(net) === 6 ? 'ipv6' : 'ipv4')
  }
  return list
}

export function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
}

/** The address of IPv4 in a mapped, compatible, translated (SIIT, NAT64) or 6to4 one. */
function carriedAddress(plain: string): string | null {
  const groups = groupsOf(plain)
  const head = groups.slice(0, 6).join(':')
  if (groups[0] === 0x2002) return dotted(groups[1], groups[2])
  if (plain === '::' || plain === '::1' || !CARRIERS.has(head)) return null
  return dotted(groups[6], groups[7])
}

/** The first six groups, as decimal numbers. */
const CARRIERS = new Set(
  ['::ffff:0:0', '::', '::ffff:0:0:0', '64:ff9b::'].map((net) => groupsOf(net).slice(0, 6).join(':')),
)

function groupsOf(plain: string): number[] {
  // `::` stands for as many zeros as are missing.
  const [left = [], right = []] = plain.split('::').map((part) => part.split(':').filter(Boolean))
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => '0')
  return [...left, ...zeros, ...right].map((group) => Number.parseInt(group, 16))
}

function dotted(high = 0, low = 0): string {
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.')
}
