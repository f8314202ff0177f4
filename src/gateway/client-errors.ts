import { STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'

/** Codes of Node's HTTP parser that have a status of their own; any other is a 400. */
const STATUS: Readonly<Record<string, number>> = {
  HPE_HEADER_OVERFLOW: 431,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
}

/** Answers what could not be parsed, or did not arrive in time, and closes the connection. */
export function answerClientError(error: Error & { readonly code?: string }, socket: Duplex): void {
  if (error.code === 'ECONNRESET' || !socket.writable || hasBegunToAnswer(socket)) {
    socket.destroy()
    return
  }
  endWithStatus(socket, STATUS[error.code ?? ''] ?? 400)
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
