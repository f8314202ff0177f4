// Serves the handler over HTTP to the watchdog, which is PID 1 and listens on port 8080.
import { createServer } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import handle from './function/handler.js'

const server = createServer((incoming, outgoing) => {
  answer(incoming, outgoing).catch((error) => {
    console.error(error)
    // Once the head has left, a broken connection is the only way to say that the answer is not whole.
    if (outgoing.headersSent) outgoing.destroy()
    else outgoing.writeHead(500, { 'content-type': 'text/plain' }).end('the function failed, see its logs\n')
  })
})
// The watchdog keeps its connections, and has the time limits.
server.keepAliveTimeout = 0
server.requestTimeout = 0
server.listen(3000, '127.0.0.1')

// The watchdog ends us when the last call is answered.
process.on('SIGTERM', () => server.close(() => process.exit(0)))

async function answer(incoming, outgoing) {
  const left = new AbortController()
  outgoing.on('close', () => left.abort())
  const response = asResponse(await handle(requestOf(incoming, left.signal)))
  outgoing.statusCode = response.status
  // Only cookies come several times.
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value)
  if (response.body === null) outgoing.end()
  else {
    outgoing.flushHeaders()
    await pipeline(Readable.fromWeb(response.body), outgoing).catch((error) => {
      // Who called is gone: that is no failure of the function.
      if (!left.signal.aborted) throw error
    })
  }
}

function requestOf(incoming, signal) {
  const { method, headers, url, rawHeaders } = incoming
  const hasBody = method !== 'GET' && method !== 'HEAD'
  const list = []
  for (let at = 0; at < rawHeaders.length; at += 2) list.push([rawHeaders[at], rawHeaders[at + 1]])
  const target = new URL(url, `http://${headers.host ?? 'function'}`)
  return new Request(target, {
    method,
    headers: list.filter(([name]) => !/^(connection|keep-alive|transfer-encoding|upgrade)$/i.test(name)),
    signal,
    ...(hasBody && { body: Readable.toWeb(incoming), duplex: 'half' }),
  })
}

/** A Response as it is; a text or nothing as the body, anything else as JSON. */
function asResponse(value) {
  if (value instanceof Response) return value
  if (value === undefined || value === null) return new Response(null, { status: 204 })
  if (typeof value === 'string') return new Response(value)
  if (value instanceof Uint8Array || value instanceof ReadableStream) return new Response(value)
  return Response.json(value)
}
