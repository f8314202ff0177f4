import { createHmac } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HopelessError, type CallbackBody } from './callback.ts'

/** How many bytes will be sent. */
export function sizeOf(body: CallbackBody): number {
  return body instanceof Uint8Array ? body.length : body.size
}

/**
 * Sends the body and ends the request. Resolves when nothing is read any more, also when the request broke
 * off: that tells of it itself. Rejects with a `HopelessError` for a file that is not as it should be.
 */
export async function sendBody(body: CallbackBody, request: Writable): Promise<void> {
  if (body instanceof Uint8Array) {
    request.end(body)
    return
  }
  await pipeline(() => bytesOf(body), request).catch((error: unknown) => {
    if (error instanceof HopelessError) throw error
  })
}

/** The value of `X-Signature-256`. Rejects with the signal's reason, or a `HopelessError`. */
export async function signatureOf(
  body: CallbackBody,
  secret: string | Uint8Array,
  signal: AbortSignal,
): Promise<string> {
  const hmac = createHmac('sha256', secret)
  if (body instanceof Uint8Array) hmac.update(body)
  else
    for await (const chunk of bytesOf(body)) {
      signal.throwIfAborted()
      hmac.update(chunk)
    }
  return `sha256=${hmac.digest('hex')}`
}

/** Exactly `size` bytes of the file: the length is promised in the head of the request. */
async function* bytesOf({
  path,
  size,
}: {
  readonly path: string
  readonly size: number
}): AsyncGenerator<Uint8Array> {
  let left = size
  try {
    if (size > 0)
      for await (const chunk of createReadStream(path, { end: size - 1 }) as AsyncIterable<Uint8Array>) {
        left -= chunk.length
        yield chunk
      }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no reason given'
    throw new HopelessError(`the kept answer of the function cannot be read: ${code}`, { cause: error })
  }
  if (left > 0) throw new HopelessError('the kept answer of the function is shorter than it was')
}
