import type { BlockList } from 'node:net'
import { isIP } from 'node:net'
import { quoted } from '../../core/quoted.ts'
import { blockList, isIn } from './address-kind.ts'

/** One entry of the lists of hosts that may, or may not, be called back. */
export interface HostRule {
  /** Null: any. */
  readonly port: number | null
  readonly host:
    | { readonly is: 'any' }
    | { readonly is: 'name'; readonly name: string }
    /** `.example.org`: every name below it. */
    | { readonly is: 'below'; readonly suffix: string }
    | { readonly is: 'addresses'; readonly list: BlockList }
}

/**
 * Reads `hooks.example.org`, `*.example.org`, `*`, an address, or a range of addresses such as `10.0.0.0/8`;
 * each may end in a port, for IPv6 behind brackets: `[::1]:9000`. Throws a sentence.
 */
export function parseHostRule(text: string): HostRule {
  const { host, digits } = splitPort(text.toLowerCase())
  const port = digits === null ? null : Number(digits)
  if (port !== null && !(/^\d{1,5}$/.test(digits ?? '') && port > 0 && port <= 65_535)) throw malformed(text)
  if (host === '*') return { port, host: { is: 'any' } }

  const [net = '', length, more] = host.split('/')
  const family = isIP(net)
  if (family !== 0) {
    const most = family === 6 ? 128 : 32
    if (more !== undefined) throw malformed(text)
    if (length !== undefined && !(/^\d{1,3}$/.test(length) && Number(length) <= most)) throw malformed(text)
    return { port, host: { is: 'addresses', list: blockList([`${net}/${length ?? most}`]) } }
  }

  const name = host.replace(/^\*\./, '')
  // A name cannot end in digits (RFC 3696, 2): this one would be a mistyped address, and match nothing.
  if (name.length > 253 || !NAME.test(name) || /(?:^|\.)\d+$/.test(name)) throw malformed(text)
  return { port, host: host === name ? { is: 'name', name } : { is: 'below', suffix: `.${name}` } }
}

const NAME = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/

function splitPort(text: string): { readonly host: string; readonly digits: string | null } {
  const [, inBrackets, behind = ''] = /^\[([^\]]*)\](.*)$/.exec(text) ?? []
  if (inBrackets !== undefined) {
    const [length = '', digits = null] = behind.split(':')
    return { host: inBrackets + length, digits }
  }
  const [host = '', digits = null, more] = text.split(':')
  // More than one colon: an address of IPv6, which has no port without brackets.
  return more === undefined ? { host, digits } : { host: text, digits: null }
}

function malformed(text: string): Error {
  return new Error(
    `${quoted(text)} is not a host such as hooks.example.org, *.example.org, 10.0.0.0/8 or [::1]:9000`,
  )
}

/** Whether the rule names this host of a URL by its name. */
export function namesHost({ host, port }: HostRule, hostname: string, at: number): boolean {
  if (port !== null && port !== at) return false
  switch (host.is) {
    case 'any':
      return true
    case 'name':
      return host.name === hostname
    case 'below':
      return hostname.endsWith(host.suffix)
    case 'addresses':
      return false
  }
}

/** Whether the rule names one of these addresses. */
export function namesAddress({ host, port }: HostRule, forms: readonly string[], at: number): boolean {
  if (host.is !== 'addresses' || (port !== null && port !== at)) return false
  return forms.some((form) => isIn(host.list, form))
}
