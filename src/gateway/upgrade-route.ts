import { ServerResponse, STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { Socket } from 'node:net'
import type { Clock } from '../clock.ts'
import type { Call, CallSink, RunningCall } from '../core/call.ts'
import { writeCallError } from './call-error.ts'
import { callHead } from './call-head.ts'
import { HttpCall, type HttpCallShared } from './http-call.ts'
import { tunnel } from './tunnel.ts'
import { WriteBatch } from '../write-batch.ts'

/** Who makes calls that leave HTTP; `assemble.ts` plugs the invoker. */
export interface UpgradePort {
  upgrade(call: Call, sink: CallSink, upgrade: UpgradeWish): RunningCall
}

interface UpgradeWish {
  readonly protocol: string
  onUpgraded(rawHeaders: string[], socket: Duplex): void
}

export interface UpgradeRouteOptions {
  readonly calls: UpgradePort
  readonly clock: Clock
  /** Ours, for `X-Served-By`. */
  readonly version: string
}

/** WebSocket requests to functions, passed on as bytes once the function agrees. `gateway-request.ts` lets no other upgrade come here. */
export class UpgradeRoute {
  readonly #options: UpgradeRouteOptions
  readonly #servedBy: string
  readonly #shared: HttpCallShared

  constructor(options: UpgradeRouteOptions) {
    this.#options = options
    this.#shared = { clock: options.clock, writes: new WriteBatch() }
    this.#servedBy = `sampan/${options.version}`
  }

  /** For `upgrade`. Node has let go of the socket: its errors and its end are ours. Never throws. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    if (!(socket instanceof Socket) || socket.destroyed) {
      socket.destroy()
      return
    }
    if (head.length > 0) socket.unshift(head)

    const res = responseOn(req, socket)
    const about = callHead(req, this.#options.clock.wall(), this.#servedBy)
    const protocol = req.headers.upgrade
    if (protocol === undefined || hasBody(req)) {
      writeCallError(res, { ...about, status: 400, message: 'a request for an upgrade cannot have a body' })
      return
    }

    const call = new HttpCall(about, res, this.#shared)
    const unwatch = endOnHangUp(socket)
    const onUpgraded = (rawHeaders: string[], upstream: Duplex): void => {
      unwatch()
      call.handOver()
      res.detachSocket(socket)
      socket.write(headOf(rawHeaders), 'latin1')
      tunnel(socket, upstream)
    }
    call.attach(this.#options.calls.upgrade(call, call, { protocol, onUpgraded }))
  }
}

/** For the answer of a function that does not agree, and for errors. Node made none; the connection ends with it. */
function responseOn(req: IncomingMessage, socket: Socket): ServerResponse {
  const res = new ServerResponse(req)
  res.shouldKeepAlive = false
  res.assignSocket(socket)
  const onDrain = (): boolean => res.emit('drain')
  socket.on('drain', onDrain)
  res.once('finish', () => {
    socket.off('drain', onDrain)
    res.detachSocket(socket)
    socket.destroySoon()
  })
  return res
}

/** Until the function agreed nobody reads the socket, so that a client that leaves would not be seen. Answers what ends the watch. */
function endOnHangUp(socket: Socket): () => void {
  const look = (): void => {
    // Takes nothing; lets the end of the stream show when there is nothing before it.
    socket.read(0)
  }
  const end = (): void => {
    socket.destroy()
  }
  socket.on('readable', look).on('end', end)
  return () => {
    socket.off('readable', look).off('end', end)
  }
}

function headOf(rawHeaders: readonly string[]): string {
  let head = `HTTP/1.1 101 ${STATUS_CODES[101]}\r\n`
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) head += `${rawHeaders[at]}: ${rawHeaders[at + 1]}\r\n`
  return `${head}\r\n`
}

function hasBody(req: IncomingMessage): boolean {
  const length = req.headers['content-length']
  return (length !== undefined && length !== '0') || req.headers['transfer-encoding'] !== undefined
}
