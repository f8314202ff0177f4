import type { Socket } from 'node:net'
import type { Clock } from '../../clock.ts'
import type { Replica } from '../../core/provider/replica.ts'
import type { LateWrite, WriteBatch } from '../../write-batch.ts'
import { PatientSocket } from './patient-socket.ts'

/**
 * Longest time to open a connection. The replica is on this host: one that does not answer by then is gone.
 */
const CONNECT_TIMEOUT_MS = 2_000

/** Idle connections are closed after this: before common servers close theirs (Node 5 s) under a new call. */
const IDLE_MS = 4_000
/**
 * A call that must not be sent twice reuses only a connection that was idle for less than this. The shortest
 * unannounced limit of any known server is 2 s (gunicorn). The watchdog has the same limit.
 */
const RECENT_MS = 1_000
/** Margin below the idle time that a function announces: it may have started counting earlier than we did. */
const IDLE_MARGIN_MS = 1_000

/** Most that is read at a time. */
const READ_BYTES = 64 * 1024

/** Half open: after an upgrade either side may end its direction alone. */
const OPTIONS = { noDelay: true, allowHalfOpen: true } as const

/** All connections read into this one buffer. A user copies the bytes that it keeps. */
const READ_BUFFER = Buffer.allocUnsafeSlow(READ_BYTES)

/** The connection could not be opened: nothing of the call was sent. */
export class ConnectError extends Error {
  /** This host has no descriptors, ports or memory left. The replica is not to blame. */
  readonly isOurs: boolean

  constructor(error: Error & { readonly code?: string }) {
    super(error.message, { cause: error })
    this.name = 'ConnectError'
    this.isOurs = OUR_SHORTAGES.has(error.code ?? '')
  }
}

const OUR_SHORTAGES = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM', 'EADDRNOTAVAIL'])

/** The present user of a connection. None of the methods may throw. */
export interface ConnectionUser {
  /** It may be written to. */
  onOpen(): void
  /** The data of `writeLate` has been written. */
  onWritten(): void
  /**
   * The first `length` bytes are lent until this returns and may be changed. False: no more until `resume`.
   */
  onBytes(bytes: Buffer, length: number): boolean
  /** After a write that answered false: there is room again. */
  onDrain(): void
  /** The other side has ended its direction: no more bytes come. */
  onEnd(): void
  /** It could not be opened (`ConnectError`), or broke. Nothing follows. */
  onBroken(error: Error): void
}

export interface ConnectionOptions {
  readonly replica: Replica
  readonly clock: Clock
  readonly writes: WriteBatch
  /** A callback of its user threw: a fault of ours. Must not throw. */
  readonly onFault: (error: unknown) => void
  /** It closed while idle, or sent bytes that nobody had asked for. */
  readonly onLost: (connection: Connection) => void
  /** It is closed, by either side. */
  readonly onClosed: (connection: Connection) => void
  /** Handed over after an upgrade, so it reads through the usual stream events. */
  readonly isForTunnel: boolean
}

/**
 * One connection to one replica, used by one call at a time. Functions are not trusted: unexpected bytes
 * would make the next call get the wrong answer, so they end the connection.
 */
export class Connection implements LateWrite {
  readonly #options: ConnectionOptions
  readonly #socket: PatientSocket
  #user: ConnectionUser | null = null
  #isOpen = false
  #isPaused = false
  #calls = 0
  #restsSinceMs = 0
  #usableUntilMs = 0
  #late: string | Uint8Array | null = null

  constructor(options: ConnectionOptions) {
    const { host, port } = options.replica
    this.#options = options
    const onBytes = (bytes: Buffer, length: number): boolean => {
      try {
        return this.#onBytes(bytes, length)
      } catch (error) {
        this.onFlushFailed(error)
        return true
      }
    }
    if (options.isForTunnel) {
      this.#socket = new PatientSocket(OPTIONS)
      this.#socket.on('data', (chunk) => {
        if (!onBytes(chunk, chunk.length)) this.#socket.pause()
      })
    } else {
      // Reading into one shared buffer saves an allocation and a pass through the stream for each read.
      const callback = (length: number, bytes: Uint8Array): boolean => onBytes(bytes as Buffer, length)
      this.#socket = new PatientSocket({ ...OPTIONS, onread: { buffer: READ_BUFFER, callback } })
    }
    this.#socket.connect({ host, port })
    const cancelTimeout = options.clock.after(CONNECT_TIMEOUT_MS, () => {
      this.#socket.destroy(new Error(`no connection to ${host}:${port} within ${CONNECT_TIMEOUT_MS} ms`))
    })
    // The listener for errors stays for the life of the socket: an error event without one would end the
    // daemon.
    this.#socket
      .on('connect', () => {
        cancelTimeout()
        this.#isOpen = true
        this.#fenced(() => this.#user?.onOpen())
      })
      .on('drain', () => this.#fenced(() => this.#user?.onDrain()))
      .on('end', () => this.#fenced(() => this.#onEnd()))
      .on('error', (error) => this.#fenced(() => this.#onError(error)))
      .on('close', () => {
        cancelTimeout()
        options.onClosed(this)
      })
  }

  /** Whether it has served a call before: the function may be closing such a connection at this moment. */
  get isReused(): boolean {
    return this.#calls > 1
  }

  /** Whether another call may be written to it. */
  isUsable(nowMs: number): boolean {
    return !this.#socket.destroyed && nowMs < this.#usableUntilMs
  }

  /** It served a call so recently that the function certainly still keeps it open. */
  isRecent(nowMs: number): boolean {
    return nowMs - this.#restsSinceMs < RECENT_MS
  }

  /** No outgoing bytes are buffered: what arrives now can be an answer, and the next write starts clean. */
  get isFlushed(): boolean {
    return this.#late === null && this.#socket.writableLength === 0
  }

  /** The data of `writeLate` is not written yet, so what arrives cannot be an answer to it. */
  get isUnsent(): boolean {
    return this.#late !== null
  }

  /** `user` gets all events from now on. If the connection is open, `onOpen` is called at once. */
  take(user: ConnectionUser): void {
    this.#user = user
    this.#calls += 1
    if (this.#isOpen) user.onOpen()
  }

  /** The call on it has ended well. `keptMs`: how long the function will keep it. */
  rest(keptMs: number): void {
    this.#user = null
    this.#restsSinceMs = this.#options.clock.now()
    this.#usableUntilMs = this.#restsSinceMs + Math.min(IDLE_MS, keptMs - IDLE_MARGIN_MS)
    this.resume()
  }

  /** False: no more until `onDrain`. A string is a byte per character. */
  write(data: string | Uint8Array): boolean {
    return typeof data === 'string' ? this.#socket.write(data, 'latin1') : this.#socket.write(data)
  }

  /** As `write`, at the end of this turn of the event loop. Nothing else may be written before. */
  writeLate(data: string | Uint8Array): void {
    this.#late = data
    this.#options.writes.add(this)
  }

  flush(): void {
    const late = this.#late
    this.#late = null
    if (late === null || this.#socket.destroyed) return
    this.write(late)
    this.#user?.onWritten()
  }

  /** A callback threw: ends this connection and its call only. */
  onFlushFailed(error: unknown): void {
    const user = this.#user
    this.destroy()
    this.#options.onFault(error)
    try {
      user?.onBroken(new Error('internal error', { cause: error }))
    } catch {
      // The user was told, and the fault has been reported already.
    }
  }

  /** Everything that `write` writes leaves in one piece. */
  together(write: () => boolean): boolean {
    this.#socket.cork()
    const hasRoom = write()
    this.#socket.uncork()
    return hasRoom
  }

  resume(): void {
    if (!this.#isPaused) return
    this.#isPaused = false
    this.#socket.resume()
  }

  /**
   * Hands the socket over to a tunnel, which must read and destroy it. `rest`, read beyond the head, is put
   * back.
   */
  handOver(rest: Buffer): Socket {
    const socket = this.#socket
    this.#user = null
    socket.removeAllListeners('data').removeAllListeners('end').pause()
    socket.losePatience()
    if (rest.length > 0) socket.unshift(rest)
    return socket
  }

  /** Ends it as if it had broken; its user is told why. */
  break(error: Error): void {
    this.#socket.destroy(error)
  }

  /** Ends it; nobody is told. */
  destroy(): void {
    this.#user = null
    this.#late = null
    this.#socket.destroy()
  }

  /**
   * As `destroy`, but with a reset: a normal end could also come from a client that has only finished
   * sending.
   */
  abort(): void {
    if (this.#isOpen && !this.#socket.destroyed) this.#socket.resetAndDestroy()
    this.destroy()
  }

  #onBytes(bytes: Buffer, length: number): boolean {
    if (this.#user === null) {
      this.#lose()
      return true
    }
    const goOn = this.#user.onBytes(bytes, length)
    // The call may have ended with these bytes. An idle connection reads on, to notice its end.
    this.#isPaused = !goOn && this.#user !== null
    return !this.#isPaused
  }

  #onEnd(): void {
    if (this.#user === null) return this.#lose()
    this.#socket.look(() => {
      const broken = this.#socket.writeError
      if (broken !== null) this.#onError(broken)
      else this.#user?.onEnd()
    })
  }

  #onError(error: Error): void {
    const user = this.#user
    this.#user = null
    if (user === null) this.#options.onLost(this)
    else user.onBroken(this.#isOpen ? error : new ConnectError(error))
  }

  #fenced(act: () => void): void {
    try {
      act()
    } catch (error) {
      this.onFlushFailed(error)
    }
  }

  #lose(): void {
    this.destroy()
    this.#options.onLost(this)
  }
}
