import { readFileSync } from 'node:fs'
import type { BlockList } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Clock } from '../../clock.ts'
import { blockList, isIn } from './address-kind.ts'

/** Networks come with deploys of namespaces, and with whatever else uses the engine. */
const KEPT_MS = 1_000

/** How engines name the bridges of containers; another bridge may be that of the local network. */
const CONTAINER_BRIDGE = /^(?:docker0|docker_gwbridge|podman\d+|cni\d+|cni-podman\d+|br-[0-9a-f]{12})$/

/**
 * Which addresses belong to this machine or to containers on it: what listens there is often open to
 * everybody who gets that far. Read from the kernel, for Node leaves out an interface whose link is down,
 * such as a bridge without containers; where there is no such table, from Node.
 */
export class ThisMachine {
  readonly #clock: Clock
  readonly #read: (path: string) => string
  #list: BlockList | null = null
  #readAtMs = 0

  constructor(clock: Clock, read = (path: string): string => readFileSync(path, 'utf8')) {
    this.#clock = clock
    this.#read = read
  }

  /** `address` in plain form: of IPv6, none that carries one of IPv4. */
  includes(address: string): boolean {
    const nowMs = this.#clock.now()
    if (this.#list === null || nowMs - this.#readAtMs > KEPT_MS) {
      this.#list = blockList(this.#ranges())
      this.#readAtMs = nowMs
    }
    return isIn(this.#list, address)
  }

  #ranges(): readonly string[] {
    const kernels = [
      ...this.#from('/proc/net/fib_trie', localRanges),
      ...this.#from('/proc/net/route', bridgedRanges),
      ...this.#from('/proc/net/if_inet6', ipv6Ranges),
    ]
    return kernels.length > 0 ? kernels : nodeRanges()
  }

  #from(path: string, parse: (text: string) => readonly string[]): readonly string[] {
    try {
      return parse(this.#read(path))
    } catch {
      // Not Linux, or a kernel without IPv6.
      return []
    }
  }
}

/** From `/proc/net/fib_trie`: an address in one line, in the next ones what it is for. */
export function localRanges(text: string): readonly string[] {
  const found = new Set<string>()
  let address = ''
  for (const line of text.split('\n')) {
    address = /\|-- ([\d.]+)/.exec(line)?.[1] ?? address
    const [, length] = /\/(\d+) host LOCAL/.exec(line) ?? []
    if (length !== undefined) found.add(`${address}/${length}`)
  }
  return [...found]
}

/** From `/proc/net/route`: networks behind bridges of containers. Hexadecimal, last byte first. */
export function bridgedRanges(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', net = '', gateway, , , , , mask = ''] = line.split('\t').map((cell) => cell.trim())
    if (!CONTAINER_BRIDGE.test(name) || gateway !== '00000000') return []
    const ones = Number.parseInt(mask, 16).toString(2).replaceAll('0', '').length
    return [`${Buffer.from(net, 'hex').toReversed().join('.')}/${ones}`]
  })
}

/** From `/proc/net/if_inet6`: our addresses, and the networks of bridges of containers. */
export function ipv6Ranges(text: string): readonly string[] {
  return text.split('\n').flatMap((line) => {
    const [digits = '', , length = '', , , name = ''] = line.trim().split(/\s+/)
    if (!/^[0-9a-f]{32}$/.test(digits)) return []
    const address = digits.replaceAll(/.{4}(?!$)/g, '$&:')
    return [`${address}/${CONTAINER_BRIDGE.test(name) ? Number.parseInt(length, 16) : 128}`]
  })
}

function nodeRanges(): readonly string[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses = []]) =>
    addresses.map(({ address, cidr, family }) => {
      const alone = `${address}/${family === 'IPv6' ? 128 : 32}`
      return CONTAINER_BRIDGE.test(name) && cidr !== null ? cidr : alone
    }),
  )
}
