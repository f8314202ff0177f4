import { networkOf, plainAddress } from '../../core/calls/client-address.ts'
import type { BareConnection } from './adopt-socket.ts'

/** The client's end of a connection. Empty, with port 0, for a connection that has closed already. */
export interface Peer {
  readonly address: string
  readonly port: number
  /** `networkOf` its address. */
  readonly network: string
}

export function peerOf(connection: Pick<BareConnection, 'getpeername'>): Peer {
  const found: { address?: string; port?: number } = {}
  connection.getpeername(found)
  const address = plainAddress(found.address ?? '')
  return { address, port: found.port ?? 0, network: networkOf(address) }
}
