import { Socket, type OnReadOpts, type Server, type SocketConstructorOpts } from 'node:net'

/** Most that is read at a time. */
const READ_BYTES = 64 * 1024

/** What all clients' connections read into, one at a time: whoever takes the bytes copies what it keeps. */
const READ_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES)

/** What listens, inside a server of Node. It has no name in Node's types. */
export interface ListenHandle {
  /** Called for each connection that the system accepted. */
  onconnection: (this: ListenHandle, error: number, handle: BareConnection | undefined) => void
  /** Begins to accept. Answers an error number of the system, below 0. */
  listen(backlog: number): number
  close(): void
}

/** A connection that was accepted, and has no socket yet. */
export interface BareConnection {
  /** Fills in whose it is; answers an error number of the system, below 0. */
  getpeername(peer: { address?: string; port?: number }): number
  close(): void
}

/** `length` bytes came and are lent until this returns. False: no more until the socket is resumed. */
export type OnBytes = (bytes: Buffer, length: number) => boolean

/**
 * Has `server`, which listens, hand over each connection bare, without a socket around it. Node's own socket
 * for it could not read into a buffer of ours, so it would be made to be thrown away, which a crowd of
 * newcomers makes the costliest thing of all (Node 20 to 24; docs/decisions/0007-server-side.md).
 */
export function takeConnections(server: Server, take: (handle: BareConnection) => void): void {
  onConnections(listenHandleOf(server), take)
}

/** The handle of a server that listens. Throws where Node has none such. */
export function listenHandleOf(server: Server): ListenHandle {
  const handle = (server as unknown as { readonly _handle: ListenHandle | null })._handle
  if (typeof handle?.onconnection !== 'function')
    throw new Error(`Node ${process.version} accepts connections in another way than is known here`)
  return handle
}

/** The same for its handle. */
export function onConnections(handle: ListenHandle, take: (connection: BareConnection) => void): void {
  handle.onconnection = (_error, connection) => {
    // Without one `accept` failed, for want of descriptors for example; the next one may succeed.
    if (connection !== undefined) take(connection)
  }
}

/**
 * A socket for it that reads into one buffer for all, which costs neither an allocation nor a pass through
 * the stream for each read. Node has this (`onread`) for connections that it opens, and not for those that it
 * accepts. It must be resumed.
 */
export function socketOf(handle: BareConnection, onBytes: OnBytes): Socket {
  const callback = (length: number, bytes: Uint8Array): boolean => onBytes(bytes as Buffer, length)
  const onread: OnReadOpts = { buffer: READ_BUFFER, callback }
  const options = { handle, allowHalfOpen: true, onread }
  return new Socket(options as SocketConstructorOpts)
}
