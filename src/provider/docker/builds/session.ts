import { randomBytes } from 'node:crypto'
import { constants, createServer, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import type { Duplex } from 'node:stream'
import type { AuthConfig } from '../engine/pull-request.ts'
import { readMessage, textOf, writeMessage } from './messages.ts'

// BuildKit has what a build needs asked of its client, by gRPC over a connection on which the client is the server
// (https://github.com/moby/buildkit, session/).

const GET_SECRET = '/moby.buildkit.secrets.v1.Secrets/GetSecret'
const GET_CREDENTIALS = '/moby.filesync.v1.Auth/Credentials'
const CHECK_HEALTH = '/grpc.health.v1.Health/Check'
const METHODS = [GET_SECRET, GET_CREDENTIALS, CHECK_HEALTH]

const OK = '0'
const NOT_FOUND = '5'
const UNIMPLEMENTED = '12'
/** Requests are the name of a secret or of a registry. */
const LONGEST_REQUEST = 64 * 1024

export interface SessionContent {
  readonly secrets: ReadonlyMap<string, Uint8Array>
  /** For a registry as BuildKit names it. */
  readonly credentials: (registry: string) => Promise<AuthConfig | undefined>
}

/** An answer of gRPC. */
interface Reply {
  readonly status: string
  readonly message?: Buffer
}

export interface SessionOffer {
  readonly id: string
  readonly headers: Readonly<Record<string, string | readonly string[]>>
}

/** Who offers the session, as the engine wants to know. */
export function sessionOffer(): SessionOffer {
  const id = randomBytes(16).toString('hex')
  return {
    id,
    headers: {
      'X-Docker-Expose-Session-Uuid': id,
      'X-Docker-Expose-Session-Name': 'sampan',
      'X-Docker-Expose-Session-Sharedkey': '',
      'X-Docker-Expose-Session-Grpc-Method': METHODS,
    },
  }
}

/** Answers on the connection until it closes. */
export function serveSession(connection: Duplex, content: SessionContent): void {
  const server = createServer()
  server.on('stream', (stream, headers) => void serve(stream, headers, content))
  // The end of the build ends the connection, in any way.
  server.on('sessionError', () => connection.destroy())
  connection.on('error', () => connection.destroy())
  server.emit('connection', connection)
}

async function serve(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  content: SessionContent,
): Promise<void> {
  stream.on('error', () => stream.close(constants.NGHTTP2_INTERNAL_ERROR))
  try {
    const { status, message } = await replyTo(String(headers[':path']), await requestOf(stream), content)
    if (stream.closed) return
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
    stream.end(message === undefined ? undefined : framed(message))
  } catch {
    stream.close(constants.NGHTTP2_INTERNAL_ERROR)
  }
}

async function replyTo(path: string, request: Uint8Array, content: SessionContent): Promise<Reply> {
  if (path === CHECK_HEALTH) return { status: OK, message: writeMessage([[1, 1]]) }
  if (path === GET_SECRET) {
    const value = content.secrets.get(textOf(readMessage(request), 1))
    return value === undefined ? { status: NOT_FOUND } : { status: OK, message: writeMessage([[1, value]]) }
  }
  if (path !== GET_CREDENTIALS) return { status: UNIMPLEMENTED }
  const found = await content.credentials(textOf(readMessage(request), 1))
  const user = found?.identitytoken === undefined ? (found?.username ?? '') : ''
  const message = writeMessage([
    [1, user],
    [2, found?.identitytoken ?? found?.password ?? ''],
  ])
  return { status: OK, message }
}

/** The one message of a request, without its frame: a byte, and its length in four. */
async function requestOf(stream: ServerHttp2Stream): Promise<Uint8Array> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > LONGEST_REQUEST) throw new RangeError('a request of the session is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).subarray(5)
}

function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5)
  head.writeUInt32BE(message.length, 1)
  return Buffer.concat([head, message])
}
