import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Clock } from '../clock.ts'

/** Longest time in which the rest of a body that nobody wants is read, so that the client sees the answer before the connection closes. */
const LINGER_MS = 5_000

/**
 * Has the response say `close` when its connection closes. Node tells a response of that only when it is its turn; this one may wait for those
 * before it (pipelining).
 */
export function closeWithConnection(res: ServerResponse): void {
  if (res.socket !== null) return
  const { socket } = res.req
  const onClose = (): void => {
    if (res.socket === null && !res.destroyed) res.destroy().emit('close')
  }
  // As many as there are requests on it; each takes its listener away again.
  socket.setMaxListeners(0).on('close', onClose)
  res.once('close', () => socket.off('close', onClose))
}

/**
 * The client must see that something is missing. Where only the end of the connection marks the end, it has to be a reset. Answers before this
 * one on the connection (pipelining) are let through.
 */
export function breakOff(res: ServerResponse, isDelimited: boolean): void {
  if (res.socket === null) {
    res.once('socket', () => breakOff(res, isDelimited))
    return
  }
  const { socket } = res
  // Node writes a first piece at the end of this tick: what came before the break goes out.
  process.nextTick(() => {
    if (isDelimited) socket.destroy()
    else socket.resetAndDestroy()
  })
}

/** For a request that was answered before its body was read to the end. */
export function readRest(req: IncomingMessage, clock: Clock): void {
  req.resume()
  const cancel = clock.after(LINGER_MS, () => req.socket.destroy())
  req.once('end', cancel).once('close', cancel)
}
