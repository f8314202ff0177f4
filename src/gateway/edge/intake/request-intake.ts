import type { ByteBudget } from '../budgets/byte-budget.ts'
import type { HeadBudget, HeadSender } from '../budgets/head-budget.ts'
import { IncomingBody } from './incoming-body.ts'
import { PartialHead } from './partial-head.ts'
import { readRequestHead, type RequestHead } from './request-head.ts'
import type { RequestBody } from './request-body.ts'

/**
 * Of what a client sends behind a request that is under way, reading goes on up to this: with reading stopped
 * nobody would see it leave.
 */
const REST_BYTES = 4 * 1024

/** The connection that the requests come by. */
export interface IntakeOwner extends HeadSender {
  /** A head is whole; all of the body that came with it is taken when this returns. */
  onHead(head: RequestHead, body: Uint8Array | RequestBody | null): void
  /** Something else may be read now. */
  onRoom(): void
  /** Somebody wants the body, and the client waits to be told so. */
  onInvite(): void
}

/** What the intakes of all connections have in common. */
export interface IntakeShared {
  readonly mostHeadBytes: number
  readonly unfinishedHeads: HeadBudget
  readonly waitingBodies: ByteBudget
}

/** What of a request is due. */
export type Stage = 'between' | 'head' | 'body' | 'complete' | 'over'

/** Of a client that was told that nothing more is wanted, this much is read and thrown away. */
const MOST_AFTER_END_BYTES = 256 * 1024

/**
 * Takes the bytes of a connection apart into requests, one at a time: head, body, and what stands behind
 * them, which is kept for later. Nothing here knows of sockets or answers. What it throws is a `Refusal`, but
 * for faults of ours.
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

  /** Bytes stand behind the request. */
  get hasRest(): boolean {
    return this.#rest !== null
  }

  /**
   * Whether more may be read. With the whole request here it may: that is how a client is seen that leaves.
   */
  get wantsMore(): boolean {
    if (this.#stage === 'over') return this.#afterEndBytes <= MOST_AFTER_END_BYTES
    if (this.#rest !== null && this.#rest.length > REST_BYTES) return false
    return this.#stage !== 'body' || this.#body?.isWanted === true
  }

  /** Nobody reads the body, and more of it came than is read for politeness. */
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

  /** Forgets the request, whose body is complete, and goes on with what stood behind it. */
  next(): void {
    // What nobody has read of it must not be held. Its end asks whether there is room, which depends on what
    // stands behind it.
    this.stopBody()
    this.#body = null
    const rest = this.takeRest()
    this.#stage = 'between'
    if (rest !== null) this.take(rest, 0, rest.length)
  }

  /** What stood behind the request, as it is no request. */
  takeRest(): Buffer | null {
    const rest = this.#rest
    this.#rest = null
    if (rest !== null) this.#shared.unfinishedHeads.release(this.#owner)
    return rest
  }

  /** Whoever reads the body gets no more of it. */
  stopBody(error?: Error): void {
    this.#body?.stop(error)
  }

  /** Nothing more is taken. Answers whether nothing was left that the client had sent. */
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

  /** Also where the type checker believes to know better: what is called from here may have stopped it. */
  get #isOver(): boolean {
    return this.#stage === 'over'
  }

  /** A body that came whole with its head is handed over in one piece. */
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
    // Unread requests count as unfinished ones. Who sends them behind others does not take the room of
    // uploads.
    this.#shared.unfinishedHeads.hold(this.#owner, bytes.length)
  }
}
