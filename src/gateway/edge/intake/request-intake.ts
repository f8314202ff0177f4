import type { ByteBudget } from '../budgets/byte-budget.ts'
import type { HeadBudget, HeadSender } from '../budgets/head-budget.ts'
import { IncomingBody } from './incoming-body.ts'
import { PartialHead } from './partial-head.ts'
import { readRequestHead, type RequestHead } from './request-head.ts'
import type { RequestBody } from './request-body.ts'

/**
 * Up to this many bytes are read behind a request in progress: if reading stopped, a client that leaves would
 * not be noticed.
 */
const REST_BYTES = 4 * 1024

/** The connection that the requests arrive on. */
export interface IntakeOwner extends HeadSender {
  /** A head is complete. The part of the body that came with it has been taken when this returns. */
  onHead(head: RequestHead, body: Uint8Array | RequestBody | null): void
  /** More may be read now. */
  onRoom(): void
  /** The body is wanted, and the client waits for `100 Continue`. */
  onInvite(): void
}

/** Shared by the intakes of all connections. */
export interface IntakeShared {
  readonly mostHeadBytes: number
  readonly unfinishedHeads: HeadBudget
  readonly waitingBodies: ByteBudget
}

/** Which part of a request comes next. */
export type Stage = 'between' | 'head' | 'body' | 'complete' | 'over'

/** After a client was told that nothing more is wanted, at most this much is read and discarded. */
const MOST_AFTER_END_BYTES = 256 * 1024

/**
 * Splits the bytes of a connection into requests, one at a time: head, body, and the bytes after them, which
 * are kept for later. It knows nothing about sockets or answers. Except for bugs of ours it throws only
 * `Refusal`.
 */
export class RequestIntake {
  readonly #shared: IntakeShared
  readonly #owner: IntakeOwner
  #stage: Stage = 'between'
  #head: PartialHead | null = null
  #body: IncomingBody | null = null
  #rest: Buffer | null = null
  #afterEndBytes = 0
  #isUninvited = false

  constructor(shared: IntakeShared, owner: IntakeOwner) {
    this.#shared = shared
    this.#owner = owner
  }

  get stage(): Stage {
    return this.#stage
  }

  /** There are bytes after the request. */
  get hasRest(): boolean {
    return this.#rest !== null
  }

  /**
   * Whether more may be read. True also when the request is complete, because otherwise a client that leaves
   * would not be noticed.
   */
  get wantsMore(): boolean {
    if (this.#stage === 'over') return this.#afterEndBytes <= MOST_AFTER_END_BYTES
    if (this.#rest !== null && this.#rest.length > REST_BYTES) return false
    return this.#stage !== 'body' || this.#body?.isWanted === true
  }

  /** The body is unwanted, and more of it came than the limit for unwanted bodies. */
  get isTooMuch(): boolean {
    return this.#body?.isTooMuch === true
  }

  /** Somebody may still read the body. */
  get isRead(): boolean {
    return this.#body?.stream.destroyed === false
  }

  /** The client waits with its body until it is told to send it. */
  get isUninvited(): boolean {
    return this.#isUninvited && this.#stage === 'body'
  }

  get trailers(): readonly string[] {
    return this.#body?.trailers ?? []
  }

  /** The bytes are only lent. */
  take(bytes: Buffer, from: number, to: number): void {
    if (from === to) return
    if (this.#stage === 'between' || this.#stage === 'head') this.#takeHead(bytes, from, to)
    else if (this.#stage === 'over') this.#afterEndBytes += to - from
    else this.#takeBody(bytes, from, to)
  }

  /** Forgets the request, whose body is complete, and goes on with the bytes after it. */
  next(): void {
    // Unread parts of the body must not be kept. Done first, because it may ask for more bytes, and the
    // answer depends on what follows the request.
    this.stopBody()
    this.#body = null
    const rest = this.takeRest()
    this.#stage = 'between'
    if (rest !== null) this.take(rest, 0, rest.length)
  }

  /** The bytes after the request, which are not another request. */
  takeRest(): Buffer | null {
    const rest = this.#rest
    this.#rest = null
    if (rest !== null) this.#shared.unfinishedHeads.release(this.#owner)
    return rest
  }

  /** The reader of the body gets no more of it. */
  stopBody(error?: Error): void {
    this.#body?.stop(error)
  }

  /** Takes nothing more. Returns whether everything that the client sent had been taken. */
  stop(error?: Error): boolean {
    const isAllRead = (this.#stage === 'complete' || this.#stage === 'between') && this.#rest === null
    this.#stage = 'over'
    this.#shared.unfinishedHeads.release(this.#owner)
    this.#head = null
    this.takeRest()
    this.stopBody(error)
    return isAllRead
  }

  #takeHead(bytes: Buffer, from: number, to: number): void {
    this.#head ??= new PartialHead(this.#shared.mostHeadBytes)
    const head = this.#head
    if (!head.take(bytes, from, to)) {
      if (head.isBlank) return
      this.#stage = 'head'
      this.#shared.unfinishedHeads.hold(this.#owner, to - from)
      return
    }
    if (this.#stage === 'head') this.#shared.unfinishedHeads.release(this.#owner)
    this.#head = null
    this.#stage = 'between'
    const { rest, restFrom, restTo } = head.rest
    this.#begin(readRequestHead(head.text), rest, { from: restFrom, to: restTo })
  }

  /**
   * A getter, because the type checker would narrow the field: callbacks may have stopped the intake
   * meanwhile.
   */
  get #isOver(): boolean {
    return this.#stage === 'over'
  }

  /** A body that came complete with its head is handed over in one piece. */
  #begin(head: RequestHead, bytes: Buffer, { from, to }: { from: number; to: number }): void {
    const { bodyLength } = head
    const isAtHand = bodyLength >= 0 && bodyLength <= to - from
    const end = isAtHand ? from + bodyLength : from
    let body: Uint8Array | RequestBody | null = null
    if (!isAtHand) {
      this.#body = this.#expect(head)
      body = this.#body.stream
    } else if (bodyLength > 0) body = Buffer.from(bytes.subarray(from, end))
    this.#stage = isAtHand ? 'complete' : 'body'
    if (end < to) this.#takeBody(bytes, end, to)
    if (!this.#isOver) this.#owner.onHead(head, body)
  }

  #expect(head: RequestHead): IncomingBody {
    this.#isUninvited = head.expectsContinue
    return new IncomingBody({
      length: head.bodyLength,
      budget: this.#shared.waitingBodies,
      source: {
        onBodyWanted: () => {
          if (this.isUninvited) this.#owner.onInvite()
          this.#isUninvited = false
          this.#owner.onRoom()
        },
        onBodyDropped: () => this.#owner.onRoom(),
      },
    })
  }

  #takeBody(bytes: Buffer, from: number, to: number): void {
    const body = this.#stage === 'body' ? this.#body : null
    const end = body === null ? from : body.take(bytes, from, to)
    if (body?.isComplete === true) this.#stage = 'complete'
    if (end < to) this.#keep(bytes.subarray(end, to))
  }

  #keep(bytes: Buffer): void {
    this.#rest = this.#rest === null ? Buffer.from(bytes) : Buffer.concat([this.#rest, bytes])
    // Unread requests count as unfinished heads, so that pipelined requests do not take the room of uploads.
    this.#shared.unfinishedHeads.hold(this.#owner, bytes.length)
  }
}
