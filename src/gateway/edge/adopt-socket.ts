import { Socket, type OnReadOpts, type Server, type SocketConstructorOpts } from 'node:net'

/** Most that is read at a time. */
const READ_BYTES = 64 * 1024

/** All clients' connections read into this one buffer. A reader copies the bytes that it keeps. */
const READ_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES)

/** The listening handle inside a Node server. Node's types have no name for it. */
export interface ListenHandle {
  /** Called for each connection that the system accepted. */
  onconnection: (this: ListenHandle, error: number, handle: BareConnection | undefined) => void
  /** Starts to accept. Returns a negative error number of the system on failure. */
  listen(backlog: number): number
  close(): void
}

/** An accepted connection that has no socket yet. */
export interface BareConnection {
  /** Fills in the peer's address. Returns a negative error number of the system on failure. */
  getpeername(peer: { address?: string; port?: number }): number
  close(): void
}

/** `length` bytes came and are lent until this returns. False: no more until the socket is resumed. */
export type OnBytes = (bytes: Buffer, length: number) => boolean

/**
 * Makes a listening `server` hand over each connection as a bare handle. Node's own socket could not read
 * into our buffer and would be thrown away, which is the greatest cost when many connections arrive at once
 * (Node 20 to 24; docs/decisions/0007-server-side.md).
 */
export function takeConnections(server: Server, take: (handle: BareConnection) => void): void {
  onConnections(listenHandleOf(server), take)
}

/** The handle of a listening server. Throws if this version of Node has no such handle. */
export function listenHandleOf(server: Server): ListenHandle {
  const handle = (server as unknown as { readonly _handle: ListenHandle | null })._handle
  if (typeof handle?.onconnection !== 'function')
    throw new Error(`Node ${process.version} accepts connections in another way than is known here`)
  return handle
}

/** As `takeConnections`, for a handle. */
export function onConnections(handle: ListenHandle, take: (connection: BareConnection) => void): void {
  handle.onconnection = (_error, connection) => {
    // There is no connection when `accept` failed, for example without free descriptors. The next one may
    // succeed.
    if (connection !== undefined) take(connection)
  }
}

/**
 * Creates its socket, which reads into one shared buffer: that saves an allocation and a pass through the
 * stream for each read. Node offers this (`onread`) only for outgoing connections. The socket must be
 * resumed.
 */
export function socketOf(handle: BareConnection, onBytes: OnBytes): Socket {
  const callback = (length: number, bytes: Uint8Array): boolean => onBytes(bytes as Buffer, length)
  const onread: OnReadOpts = { buffer: READ_BUFFER, callback }
  const options = { handle, allowHalfOpen: true, onread }
  return new Socket(options as SocketConstructorOpts)
}
