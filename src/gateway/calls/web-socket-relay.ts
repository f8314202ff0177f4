import { randomBytes } from 'node:crypto'
import { Transform, type TransformCallback } from 'node:stream'

/** Longest head of a frame: two bytes, eight of length, four of mask (RFC 6455, 5.2). */
const MOST_HEAD_BYTES = 14

/**
 * One direction of a WebSocket. Passes bytes on unchanged and tracks where frames end, so that our own close
 * frame can be inserted between two frames. After a close frame nothing more is passed on (RFC 6455, 5.5.1).
 */
export class WebSocketRelay extends Transform {
  /** The head of the present frame, as far as received. */
  readonly #head = Buffer.alloc(MOST_HEAD_BYTES)
  #headBytes = 0
  /** Bytes of the present frame's payload that have not arrived yet. */
  #left = 0
  #closeFrame: Buffer | null = null
  #isClosed = false

  /** Sends this frame when the present one has ended. */
  close(frame: Buffer): void {
    if (this.#closeFrame !== null || this.destroyed || this.writableEnded) return
    this.#closeFrame = frame
    if (this.#isBetween) this.#sendClose(frame)
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#isClosed) return done()
    if (this.#closeFrame === null) {
      let at = 0
      while (at < chunk.length) at = this.#skipFrame(chunk, at)
      return done(null, chunk)
    }
    const end = this.#skipFrame(chunk, 0)
    this.push(chunk.subarray(0, end))
    if (this.#isBetween) this.#sendClose(this.#closeFrame)
    done()
  }

  get #isBetween(): boolean {
    return this.#left === 0 && this.#headBytes === 0
  }

  #sendClose(frame: Buffer): void {
    this.#isClosed = true
    this.push(frame)
  }

  /** Advances to the end of the present frame, or of the chunk. */
  #skipFrame(chunk: Buffer, from: number): number {
    let at = from
    while (this.#left === 0 && at < chunk.length) {
      this.#head[this.#headBytes] = chunk[at] ?? 0
      this.#headBytes += 1
      at += 1
      if (this.#headBytes < headLength(this.#head, this.#headBytes)) continue
      this.#left = payloadLength(this.#head)
      this.#headBytes = 0
      if (this.#left === 0) return at
    }
    const end = Math.min(chunk.length, at + this.#left)
    this.#left -= end - at
    return end
  }
}

/** The length of the head, as far as its first `count` bytes tell. */
function headLength(head: Buffer, count: number): number {
  if (count < 2) return 2
  const second = head[1] ?? 0
  const length = second & 0x7f
  const extended = length === 127 ? 8 : length === 126 ? 2 : 0
  return 2 + extended + ((second & 0x80) === 0 ? 0 : 4)
}

function payloadLength(head: Buffer): number {
  const length = (head[1] ?? 0) & 0x7f
  if (length === 126) return head.readUInt16BE(2)
  return length === 127 ? Number(head.readBigUInt64BE(2)) : length
}

const GOING_AWAY = 1001

/** A close frame with the code "going away". Frames from a client are masked (RFC 6455, 5.3). */
export function closeFrame(from: 'client' | 'server'): Buffer {
  const payload = Buffer.alloc(2)
  payload.writeUInt16BE(GOING_AWAY)
  if (from === 'server') return Buffer.from([0x88, payload.length, ...payload])
  const mask = randomBytes(4)
  const masked = payload.map((byte, at) => byte ^ (mask[at % 4] ?? 0))
  return Buffer.from([0x88, 0x80 | payload.length, ...mask, ...masked])
}
