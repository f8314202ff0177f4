import { Socket, type ConnectOpts, type SocketConstructorOpts } from 'node:net'

type Done = (error?: Error | null) => void

/**
 * A socket that is read on when a write meets a connection that is gone. Node destroys a socket at once then,
 * and with it what has come and was not read yet: the answer of a function that refuses a large body and
 * resets its connection. Reading meets the end of it by itself; until then writes wait. Not for pipes: they
 * take that end for a good one.
 */
export class PatientSocket extends Socket {
  /** Why a write failed. An end that is read after that is none: the rest is missing. */
  writeError: Error | null = null
  #done: Done = nothing
  #isPatient = true

  constructor(options: SocketConstructorOpts & ConnectOpts) {
    super(options)
  }

  /**
   * For an end that was just read: sets `writeError` when it is a reset, and then calls `onLooked`. libuv
   * reports a reset that comes with the last bytes as an end (seen with Node 20); a write of nothing fails on
   * the one and not on the other. Behind a write under way it would wait; that one fails itself on a reset,
   * in this turn of the event loop, after the reading.
   */
  look(onLooked: () => void): void {
    if (this.writableLength > 0) {
      setImmediate(onLooked)
      return
    }
    this.write('')
    onLooked()
  }

  /** From now on as any socket. */
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

  /** One for all: a stream has one write under way. */
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
