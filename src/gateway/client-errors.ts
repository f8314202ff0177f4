import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Clock } from '../clock.ts'

/** Longest time in which the rest of what a client sends is read after it was told that it is not wanted. */
const LINGER_MS = 500

/** Codes of Node's HTTP parser that have a status of their own; any other is a 400. */
const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** As the API answers a method that a route does not have. */
const EMPTY_405 = `HTTP/1.1 405 ${STATUS_CODES[405]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`

/** A request line that is right but for a method that Node's parser does not know. */
const OTHER_METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64} [^\s]+ HTTP\/1\.[01]\r\n/

/** What Node says of a connection that it gives up. */
interface ClientError extends Error {
  readonly code?: string
  /** What came last; the whole request where it is the method that was not known. */
  readonly rawPacket?: Buffer
}

/** Answers what could not be parsed, or did not arrive in time, and closes the connection. */
export function answerClientError(error: ClientError, socket: Duplex, clock: Clock): void {
  // Answered already; what still comes is read and thrown away.
  if (socket.writableEnded && !socket.destroyed) return
  if (error.code === 'ECONNRESET' || !socket.writable || hasBegunToAnswer(socket)) {
    socket.destroy()
    return
  }
  const answer = isUnknownMethod(error) ? EMPTY_405 : answerWith(STATUS[error.code ?? ''] ?? 400)
  // A close with bytes unread would be a reset, and the client might never see the answer: they are read for a moment.
  const cancel = clock.after(LINGER_MS, () => socket.destroy())
  socket.once('end', () => socket.destroy()).once('close', cancel)
  socket.end(answer)
  socket.resume()
}

/** A method of nobody's is answered as one that the route does not have (http-api 7.1): it is no malformed request. */
function isUnknownMethod({ code, rawPacket }: ClientError): boolean {
  return code === 'HPE_INVALID_METHOD' && OTHER_METHOD.test(rawPacket?.toString('latin1') ?? '')
}

/** Writes a whole answer by hand, for connections that have no response object, and closes. */
export function endWithStatus(socket: Duplex, status: number): void {
  socket.end(answerWith(status), () => socket.destroy())
}

function answerWith(status: number): string {
  const reason = STATUS_CODES[status] ?? 'Error'
  const body = `${reason.toLowerCase()}\n`
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'Content-Type: text/plain; charset=utf-8',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  return `${head.join('\r\n')}\r\n\r\n${body}`
}

/** Whether bytes of an answer are on their way already: a second head would be read as part of it. */
function hasBegunToAnswer(socket: Duplex): boolean {
  const { _httpMessage: message } = socket as {
    readonly _httpMessage?: { readonly headersSent: boolean } | null
  }
  return message?.headersSent === true
}
