import type { Duplex } from 'node:stream'

/** Bytes both ways, with back pressure, until both directions have ended or one side breaks off. Either side may end its direction first. */
export function tunnel(client: Duplex, upstream: Duplex): void {
  link(client, upstream)
  link(upstream, client)
}

function link(from: Duplex, to: Duplex): void {
  from.on('error', () => to.destroy())
  from.on('close', () => {
    // Closed without an end: what is missing must not look complete.
    if (!from.readableEnded) to.destroy()
  })
  from.pipe(to)
}
