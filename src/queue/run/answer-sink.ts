import type { CallSink, RunningCall } from '../../core/calls/call.ts'
import { FaasError, messageOf } from '../../core/errors.ts'
import type { Body } from '../job/envelope.ts'
import type { Ending } from '../job/verdict.ts'
import type { Spool, SpoolFile } from '../spool.ts'

/** The end of an execution, and what is kept of the answer. */
export interface Answer {
  readonly ending: Ending
  /** Null: none, or nobody wants it. */
  readonly body: Body
  /** The beginning of the answer, whoever wants it. */
  readonly lastWords: Uint8Array
}

const FULL = 'the spool is full (SAMPAN_ASYNC_SPOOL)'

/** What a call is counted as whose answer nobody waits for (nginx's 499). */
const CANCELLED = 499

export interface AnswerSinkOptions {
  readonly spool: Spool
  /** Name of the file, should there be one. */
  readonly file: string
  /** `none`: the answer is read and dropped. `file`: even a small one is wanted as a file. */
  readonly wish: 'none' | 'any' | 'file'
  /** Answers up to this size stay in memory. */
  readonly inlineBytes: number
  /** What is larger is no answer. */
  readonly mostBytes: number
  readonly lastWordBytes: number
}

/**
 * Takes the answer of an asynchronous call: what is small into memory, what is large into a file, and holds the
 * function back while the disk is slower.
 */
export class AnswerSink implements CallSink {
  readonly answer: Promise<Answer>
  readonly #options: AnswerSinkOptions
  readonly #chunks: Uint8Array[] = []
  #words: Uint8Array = new Uint8Array(0)
  #size = 0
  #file: SpoolFile | null = null
  /** Writes to the file, one after the other. */
  #writes: Promise<void> = Promise.resolve()
  #waiting = 0
  #head: { status: number; rawHeaders: readonly string[] } | null = null
  #running: RunningCall | null = null
  #isOver = false
  /** Why what was written is not all of the answer. */
  #writeError: unknown = null
  #settle: (answer: Promise<Answer>) => void = () => {}

  constructor(options: AnswerSinkOptions) {
    this.#options = options
    this.answer = new Promise((resolve) => (this.#settle = resolve))
  }

  /** The call whose answer this is. It may be over already. */
  attach(running: RunningCall): void {
    this.#running = running
    // It may have been refused before anybody knew whom to tell. Does nothing to a call that has ended.
    if (this.#isOver) running.cancel(CANCELLED)
  }

  /** Nobody waits for the answer any more. Resolves `answer` as cancelled. */
  cancel(): void {
    if (this.#isOver) return
    this.#running?.cancel(CANCELLED)
    this.#fail(new FaasError('cancelled', 'the call was cancelled'))
  }

  // CallSink

  onStart(status: number, rawHeaders: string[], length: number): void {
    this.#head = { status, rawHeaders }
    if (this.#options.wish !== 'none' && length > this.#options.mostBytes) this.#tooLarge()
  }

  onInterim(): void {}

  onData(chunk: Uint8Array): boolean {
    if (this.#isOver) return true
    this.#size += chunk.length
    const { wish, mostBytes, lastWordBytes } = this.#options
    if (this.#words.length < lastWordBytes) {
      const more = chunk.subarray(0, lastWordBytes - this.#words.length)
      this.#words = Buffer.concat([this.#words, more])
    }
    if (wish === 'none') return true
    if (this.#size > mostBytes) {
      this.#tooLarge()
      return true
    }
    return this.#keep(Buffer.from(chunk))
  }

  onEnd(): void {
    if (this.#isOver) return
    this.#isOver = true
    const { status, rawHeaders } = this.#head ?? { status: 502, rawHeaders: [] }
    this.#settle(this.#finished({ kind: 'answered', status, rawHeaders }))
  }

  onError(error: FaasError): void {
    this.#fail(error)
  }

  #keep(chunk: Uint8Array): boolean {
    if (this.#file === null && this.#size <= this.#options.inlineBytes) {
      this.#chunks.push(chunk)
      return true
    }
    this.#write(chunk)
    return this.#waiting <= this.#options.inlineBytes
  }

  #write(chunk: Uint8Array): void {
    this.#waiting += chunk.length
    this.#writes = this.#writes
      .then(async () => {
        if (this.#writeError !== null) return
        const file = await this.#opened()
        await file.write(chunk)
        this.#waiting -= chunk.length
        if (this.#waiting <= this.#options.inlineBytes / 2) this.#running?.resume()
      })
      .catch((error: unknown) => {
        // The function may have said its last word already: its answer is none all the same.
        this.#writeError = error
        this.#running?.cancel(502)
        this.#fail(notWritten(error))
      })
  }

  async #opened(): Promise<SpoolFile> {
    if (this.#file !== null) return this.#file
    const { spool, file } = this.#options
    if (spool.isFull(this.#size)) throw new Error(FULL)
    await spool.remove(file)
    this.#file = await spool.create(file)
    for (const one of this.#chunks.splice(0)) await this.#file.write(one)
    return this.#file
  }

  #tooLarge(): void {
    if (this.#isOver) return
    this.#running?.cancel(502)
    const { mostBytes } = this.#options
    const message = `the function answered more than ${mostBytes} bytes, the most that SAMPAN_ASYNC_MAX_ANSWER allows`
    this.#fail(new FaasError('too-large', message))
  }

  #fail(error: FaasError): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#settle(this.#failed(error))
  }

  async #failed(error: FaasError): Promise<Answer> {
    await this.#writes
    await this.#file?.abandon()
    return { ending: { kind: 'failed', error }, body: null, lastWords: this.#words }
  }

  async #finished(ending: Ending): Promise<Answer> {
    await this.#writes
    try {
      if (this.#writeError !== null) throw this.#writeError
      return { ending, body: await this.#bodyOf(), lastWords: this.#words }
    } catch (error) {
      await this.#file?.abandon()
      return { ending: { kind: 'failed', error: notWritten(error) }, body: null, lastWords: this.#words }
    }
  }

  async #bodyOf(): Promise<Body> {
    if (this.#file !== null) return this.#file.finish()
    const bytes = Buffer.concat(this.#chunks)
    const { wish, spool, file } = this.#options
    if (wish !== 'file') return bytes.length === 0 ? null : bytes
    if (spool.isFull(bytes.length)) throw new Error(FULL)
    await spool.remove(file)
    return spool.write(file, bytes)
  }
}

function notWritten(error: unknown): FaasError {
  const reason = `its answer cannot be written into the spool: ${messageOf(error)}`
  return new FaasError('bad-gateway', reason, { cause: error })
}
