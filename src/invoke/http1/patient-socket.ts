import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net'

type Done = (error?: Error | null) => void

/**
 * A socket that keeps reading after a write has failed because the connection is gone. Node would destroy it
 * at once and lose bytes that were received but not read: the answer of a function that refuses a large body
 * and resets its connection. Reading then reaches the end of the connection; until then writes wait. Not for
 * pipes, which would take that end for a normal one.
 */
export class PatientSocket extends Socket {
  /** Why a write failed. An end that is read after that is not a normal end: the rest is missing. */
  writeError: Error | null = null
  #done: Done = nothing
  #isPatient = true

  constructor(options: SocketConstructorOpts & ConnectOpts) {
    super(options)
  }

  /**
   * For an end that was just read: sets `writeError` if it was a reset, then calls `onLooked`. libuv reports
   * a reset that comes with the last bytes as a normal end (seen with Node 20), but an empty write fails only
   * after a reset. If another write is in progress, that write itself fails in this turn of the event loop,
   * after the reading.
   */
  look(onLooked: () => void): void {
    if (this.writableLength > 0) {
      setImmediate(onLooked)
      return
    }
    this.write('')
    onLooked()
  }

  /** Behaves like any socket from now on. */
  losePatience(): void {
    this.#isPatient = false
    if (this.writeError !== null) this.#done(this.writeError)
  }

  override _write(chunk: unknown, encoding: BufferEncoding, done: Done): void {
    this.#done = done
    super._write(chunk, encoding, this.#onWritten)
  }

  override _writev(chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Done): void {
    this.#done = done
    super._writev?.(chunks, this.#onWritten)
  }

  /** One callback for all writes: a stream has only one write in progress. */
  readonly #onWritten: Done = (error) => {
    if (this.#isPatient && isGone(error) && !this.destroyed) this.writeError = error
    else this.#done(error)
  }
}

/** Whether reading will meet the end of the connection, too. */
function isGone(error: (Error & { readonly code?: string }) | null | undefined): error is Error {
  return error?.code === 'EPIPE' || error?.code === 'ECONNRESET'
}

const nothing: Done = () => undefined
