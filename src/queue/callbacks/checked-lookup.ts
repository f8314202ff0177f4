import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import type { LookupFunction } from 'node:net'
import { callbackify } from 'node:util'
import type { Destination } from './address-policy.ts'
import { HopelessError } from './callback.ts'

/** All addresses of a name. Rejects as `dns.lookup` does. */
export type Resolve = (hostname: string) => Promise<readonly LookupAddress[]>

/** As the machine itself resolves names: hosts file, mDNS and all. */
export const resolveBySystem: Resolve = (hostname) => lookup(hostname, { all: true })

export interface CheckedLookupOptions {
  readonly resolve: Resolve
  readonly port: number
  readonly refusal: (destination: Destination) => string | null
}

/**
 * A lookup for `net.connect` that hands on only addresses that may be reached. Nothing can change between
 * check and connection, for the name is not asked about again. Fails with a `HopelessError` when no address
 * is left.
 */
export function checkedLookup({ resolve, port, refusal }: CheckedLookupOptions): LookupFunction {
  const find = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const found = (await resolve(hostname)).map((one) => {
      return { one, problem: refusal({ hostname, address: one.address, port }) }
    })
    const good = found.flatMap(({ one, problem }) => (problem === null ? [one] : []))
    if (good.length > 0) return good
    const [first] = found
    if (first === undefined) throw Object.assign(new Error('no address'), { code: 'ENOTFOUND' })
    throw new HopelessError(`${hostname} may not be called: ${first.problem}`)
  }

  const findThen = callbackify(find)
  return (hostname, options, callback) =>
    findThen(hostname, (error, good) => {
      if (error !== null) callback(error, [])
      else if (options.all === true) callback(null, [...good])
      else callback(null, good[0]?.address ?? '', good[0]?.family)
    })
}
