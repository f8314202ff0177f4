import { PassThrough, Readable } from 'node:stream'
import { FaasError } from '../../src/core/errors.ts'
import type { LogStreamOptions } from '../../src/provider/docker/engine/answers.ts'
import type { LogEngine } from '../../src/provider/docker/logs/container-log.ts'
import { millisecondsOf } from '../../src/core/provider/log-timestamp.ts'

/** A message as Docker's log file holds it: a line with its end, or a part without. */
interface Message {
  readonly timestamp: string
  readonly text: string
  readonly stream: number
}

/** Docker's frame around one message. */
export function frame({ timestamp, text, stream }: Message): Buffer {
  const payload = Buffer.from(`${timestamp} ${text}`)
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(payload.length, 4)
  return Buffer.concat([header, payload])
}

/** The timestamp of second `second` of a fixed minute. */
export function at(second: number, nanos = 0): string {
  const ms = Date.parse('2026-01-02T03:04:00Z') + second * 1_000
  return `${new Date(ms).toISOString().slice(0, 19)}.${String(nanos).padStart(9, '0')}Z`
}

/** Containers with logs. Follows as Docker does: a stream ends when its container stops. */
export class FakeLogEngine implements LogEngine {
  readonly #logs = new Map<string, Message[]>()
  readonly #following = new Map<string, Set<PassThrough>>()
  readonly asked: { readonly id: string; readonly options: LogStreamOptions }[] = []
  isAway = false
  /** Takes calls and says nothing. */
  isHung = false
  /** Gives what is there, and then neither more nor an end. */
  isStuck = false
  readonly #open = new Set<Readable>()
  readonly #exhausted = new WeakSet<Readable>()

  write(id: string, timestamp: string, line: string): void {
    const message = { timestamp, text: `${line}\n`, stream: 1 }
    const log = this.#logs.get(id) ?? []
    this.#logs.set(id, log)
    log.push(message)
    for (const stream_ of this.#following.get(id) ?? []) stream_.write(frame(message))
  }

  /** Streams that are open now. */
  get followers(): number {
    return [...this.#following.values()].reduce((sum, streams) => sum + streams.size, 0)
  }

  /** Streams of any kind that are open now. */
  get open(): number {
    return this.#open.size
  }

  /** Whether every stuck stream was asked for more than it has. */
  get isRead(): boolean {
    return this.#open.size > 0 && [...this.#open].every((stream) => this.#exhausted.has(stream))
  }

  /** The engine breaks off every stream. */
  breakOff(): void {
    for (const stream of this.#open) stream.destroy(new Error('Docker broke off'))
  }

  /** The container dies; its log stays. */
  exit(id: string): void {
    for (const stream of this.#following.get(id) ?? []) stream.end()
    this.#following.delete(id)
  }

  /** The container and its log are gone. */
  remove(id: string): void {
    this.exit(id)
    this.#logs.delete(id)
  }

  async containerLogs(id: string, options: LogStreamOptions, signal: AbortSignal): Promise<Readable> {
    this.asked.push({ id, options })
    signal.throwIfAborted()
    if (this.isAway) throw new FaasError('unavailable', 'Docker is not reachable')
    if (this.isHung)
      await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const log = this.#logs.get(id)
    if (log === undefined) throw new FaasError('not-found', 'no such container')

    const { since, tail } = options
    const recent = log.filter(
      ({ timestamp }) => since === undefined || millisecondsOf(timestamp) >= since * 1_000,
    )
    const frames = (tail === undefined ? recent : recent.slice(recent.length - tail)).map(frame)
    const stream = options.follow ? this.#follow(id, frames) : this.#whole(frames)
    signal.addEventListener('abort', () => stream.destroy())
    this.#open.add(stream)
    stream.on('close', () => this.#open.delete(stream))
    return stream
  }

  /** A chunk for each message. */
  #whole(frames: readonly Buffer[]): Readable {
    const left = frames.values()
    const read = () => {
      const { value, done } = left.next()
      if (done !== true) stream.push(value)
      else if (this.isStuck) this.#exhausted.add(stream)
      else stream.push(null)
    }
    const stream = new Readable({ objectMode: true, highWaterMark: 1, read })
    return stream
  }

  #follow(id: string, frames: readonly Buffer[]): Readable {
    const stream = new PassThrough({ highWaterMark: 1024 * 1024 * 1024 })
    for (const message of frames) stream.write(message)
    const streams = this.#following.get(id) ?? new Set()
    this.#following.set(id, streams.add(stream))
    stream.on('close', () => streams.delete(stream))
    return stream
  }
}
