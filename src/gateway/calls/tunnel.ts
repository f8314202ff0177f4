import type { Duplex } from 'node:stream'
import type { Clock } from '../../clock.ts'
import { closeFrame, WebSocketRelay } from './web-socket-relay.ts'

/** Between the close frames and the cut: time for both sides to answer them and to end. */
const GRACE_MS = 2_000

/** The two ends of a WebSocket. */
export interface TunnelEnds {
  readonly client: Duplex
  readonly upstream: Duplex
}

/**
 * Passes bytes both ways, with back-pressure, until both directions have ended or one side breaks off. Either
 * side may end its direction first. The returned function asks both sides to end: each gets a close frame
 * (1001, going away) after the current frame, and is cut after 2 s.
 */
export function tunnel({ client, upstream }: TunnelEnds, clock: Clock): () => void {
  const toUpstream = link(client, upstream)
  const toClient = link(upstream, client)
  let isAsked = false
  return () => {
    if (isAsked || client.destroyed || upstream.destroyed) return
    isAsked = true
    toUpstream.close(closeFrame('client'))
    toClient.close(closeFrame('server'))
    const cancel = clock.after(GRACE_MS, () => {
      client.destroy()
      upstream.destroy()
    })
    upstream.once('close', () => {
      if (client.destroyed) cancel()
    })
    client.once('close', () => {
      if (upstream.destroyed) cancel()
    })
  }
}

/** Its remaining input is discarded; its pending output is still sent. */
function destroyWhenFlushed(end: Duplex): void {
  if (end.writableEnded && !end.writableFinished) end.once('finish', () => end.destroy())
  else end.destroy()
}

function link(from: Duplex, to: Duplex): WebSocketRelay {
  const relay = new WebSocketRelay()
  from.on('error', () => to.destroy())
  from.on('close', () => {
    // Closed without a proper end: incomplete data must not look complete.
    if (!from.readableEnded) to.destroy()
  })
  // It fails when it is destroyed with the others; without a listener the error would end the process.
  relay.on('error', () => to.destroy())
  to.on('close', () => {
    relay.destroy()
    if (!from.readableEnded) destroyWhenFlushed(from)
  })
  from.pipe(relay).pipe(to)
  return relay
}
