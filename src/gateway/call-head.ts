import { randomUUID } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { parseCallTarget } from './call-target.ts'
import { plainAddress } from './ip-address.ts'

/** What the gateway knows of a call before anybody looks at it. */
export interface CallHead {
  /** As the caller wrote it; not necessarily the name of anything. */
  readonly fn: string
  readonly path: string
  readonly callId: string
  /** Nanoseconds since the epoch, decimal. */
  readonly startTime: string
  /** Address of the peer. */
  readonly forwardedFor: string
  readonly servedBy: string
}

/** Reads a request to the plane of calls. `nowMs` has a fraction. */
export function callHead(req: IncomingMessage, nowMs: number, servedBy: string): CallHead {
  const target = parseCallTarget(req.url ?? '')
  const given = req.headers['x-call-id']
  return {
    fn: target?.fn ?? '',
    path: target?.path ?? '/',
    callId: typeof given === 'string' && given !== '' ? given : randomUUID(),
    startTime: nanoseconds(nowMs),
    forwardedFor: peerOf(req),
    servedBy,
  }
}

/** 19 digits do not fit into a number: put together from whole milliseconds and the rest. */
export function nanoseconds(epochMs: number): string {
  const wholeMs = Math.floor(epochMs)
  const restNs = Math.floor((epochMs - wholeMs) * 1e6)
  return `${wholeMs}${String(restNs).padStart(6, '0')}`
}

/** Without the port and without brackets, as frameworks read it (`req.ip`). */
function peerOf(req: IncomingMessage): string {
  return plainAddress(req.socket.remoteAddress ?? '')
}
