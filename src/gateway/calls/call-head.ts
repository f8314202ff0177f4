import { randomUUID } from 'node:crypto'
import { parseCallTarget } from './call-target.ts'
import type { Exchange } from '../edge/exchange.ts'

/** What the gateway knows about a call before the invoker gets it. */
export interface CallHead {
  /** As the caller wrote it; it may not be the name of a function. */
  readonly fn: string
  readonly path: string
  readonly callId: string
  /** Path of the function itself, as the caller wrote it. */
  readonly prefix: string
  /** Nanoseconds since the epoch, decimal. */
  readonly startTime: string
  /** Address of the peer. */
  readonly forwardedFor: string
  readonly servedBy: string
}

/** Values that calls of the same moment share. */
export interface CallMoment {
  /** With a fraction. */
  readonly nowMs: number
  readonly servedBy: string
  /** With which the targets of its plane begin. */
  readonly prefix: string
}

/** Reads a request to the plane of calls. `url`: its target, beginning with the prefix. */
export function callHead(exchange: Exchange, url: string, { nowMs, servedBy, prefix }: CallMoment): CallHead {
  const target = parseCallTarget(url, prefix)
  const fn = target?.fn ?? ''
  return {
    fn,
    prefix: prefix + fn,
    path: target?.path ?? '/',
    callId: givenCallId(exchange.head.rawHeaders) || randomUUID(),
    startTime: nanoseconds(nowMs),
    forwardedFor: exchange.remoteAddress,
    servedBy,
  }
}

/** If there are several, the first one counts. */
function givenCallId(rawHeaders: readonly string[]): string {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? ''
    if (name.length === 9 && name.toLowerCase() === 'x-call-id') return rawHeaders[at + 1] ?? ''
  }
  return ''
}

/** 19 digits do not fit into a number, so the text is joined from whole milliseconds and the rest. */
export function nanoseconds(epochMs: number): string {
  const wholeMs = Math.floor(epochMs)
  // The leading 1 keeps the zeros and is cut off again.
  const restNs = String(1_000_000 + Math.floor((epochMs - wholeMs) * 1e6))
  return wholeMs + restNs.slice(1)
}
