import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** Codes of Node's HTTP parser that have a status of their own; any other is a 400. */
const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** A request line that is right but for a method that Node's parser does not know. */
const OTHER_METHOD = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,64} [^\s]+ HTTP\/1\.[01]\r\n/

/** What Node says of a connection that it gives up. */
interface ClientError extends Error {
  readonly code?: string
  /** What came last; the whole request where it is the method that was not known. */
  readonly rawPacket?: Buffer
}

/** Answers what could not be parsed, or did not arrive in time, and closes the connection. */
export function answerClientError(error: ClientError, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable || hasBegunToAnswer(socket)) {
    socket.destroy()
    return
  }
  if (isUnknownMethod(error)) endEmpty(socket, 405)
  else endWithStatus(socket, STATUS[error.code ?? ''] ?? 400)
}

/** A method of nobody's is answered as one that the route does not have (http-api 7.1): it is no malformed request. */
function isUnknownMethod({ code, rawPacket }: ClientError): boolean {
  return code === 'HPE_INVALID_METHOD' && OTHER_METHOD.test(rawPacket?.toString('latin1') ?? '')
}

function endEmpty(socket: Duplex, status: number): void {
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`
  socket.end(head, () => socket.destroy())
}

/** Writes a whole answer by hand, for connections that have no response object, and closes. */
export function endWithStatus(socket: Duplex, status: number): void {
  const reason = STATUS_CODES[status] ?? 'Error'
  const body = `${reason.toLowerCase()}\n`
  const head = [
    `HTTP/1.1 ${status} ${reason}`,
    'Content-Type: text/plain; charset=utf-8',
    'X-Content-Type-Options: nosniff',
    `Content-Length: ${body.length}`,
    'Connection: close',
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

/** Whether bytes of an answer are on their way already: a second head would be read as part of it. */
function hasBegunToAnswer(socket: Duplex): boolean {
  const { _httpMessage: message } = socket as {
    readonly _httpMessage?: { readonly headersSent: boolean } | null
  }
  return message?.headersSent === true
}
