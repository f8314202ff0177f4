import { Socket, type OnReadOpts, type SocketConstructorOpts } from 'node:net'

/** Most that is read at a time. */
const READ_BYTES = 64 * 1024

/** What all clients' connections read into, one at a time: whoever takes the bytes copies what it keeps. */
const READ_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES)

/** The part of a socket of Node that has no name in its types: the connection itself, without the stream around it. */
interface Handled {
  _handle: object | null
}

/** `length` bytes came and are lent until this returns. False: no more until the socket is resumed. */
export type OnBytes = (bytes: Buffer, length: number) => boolean

/**
 * The same connection in a socket that reads into one buffer for all, which costs neither an allocation nor a pass through the stream for each read. Node
 * has this (`onread`) for connections that it opens, and not for those that it accepts, so the connection moves to a new socket (Node 20 to 24;
 * docs/decisions/0007-server-side.md). `socket` must be paused (`pauseOnConnect`) and is of no use after this. Null: it is gone already.
 */
export function adoptSocket(socket: Socket, onBytes: OnBytes): Socket | null {
  const handled = socket as unknown as Handled
  const handle = handled._handle
  if (handle === null || socket.destroyed) return null
  handled._handle = null
  // Nothing is closed by this: it only leaves the count of the listening server.
  socket.destroy()
  const callback = (length: number, bytes: Uint8Array): boolean => onBytes(bytes as Buffer, length)
  const onread: OnReadOpts = { buffer: READ_BUFFER, callback }
  const options = { handle, allowHalfOpen: true, onread }
  return new Socket(options as SocketConstructorOpts)
}
