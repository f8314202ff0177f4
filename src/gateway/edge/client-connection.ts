import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { Counted } from './budgets/connection-census.ts'
import type { ConnectionShared } from './connection-shared.ts'
import { ClientWriter } from './client-writer.ts'
import { Exchange, type AnswerLine } from './exchange.ts'
import type { Peer } from './peer.ts'
import { Refusal } from './intake/refusal.ts'
import type { RequestBody } from './intake/request-body.ts'
import type { RequestHead } from './intake/request-head.ts'
import { RequestIntake, type IntakeOwner } from './intake/request-intake.ts'
import { Stillness } from './stillness.ts'
import { ASK_AFTER_MS, endOf, limitOf, type Phase, type Situation } from './time-limits.ts'
import { TunnelEnd } from './tunnel-end.ts'

/**
 * One client's connection, with one request at a time: bytes behind it stay unread until the answer has left.
 *
 *   waiting ─▶ busy ─▶ waiting …
 *      │        ├────▶ tunnel
 *      └────────┴────▶ closing ─▶ closed
 *
 * `busy` begins with the end of a head and lasts until the answer has left *and* the body is done with.
 */
export class ClientConnection extends Counted implements AnswerLine, IntakeOwner {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly network: string
  readonly out: ClientWriter
  readonly #socket: Socket
  readonly #shared: ConnectionShared
  readonly #intake: RequestIntake
  readonly #stillness: Stillness
  #phase: Phase = 'waiting'
  #exchange: Exchange | null = null
  #tunnel: TunnelEnd | null = null
  #isFresh = true
  #isPaused = false
  #isHalfClosed = false
  /** Everything that the client sent has been read. */
  #isAllRead = false

  constructor(socket: Socket, peer: Peer, shared: ConnectionShared) {
    super()
    this.#socket = socket
    this.#shared = shared
    this.#intake = new RequestIntake(shared, this)
    this.#stillness = new Stillness(shared.clock.now())
    this.out = new ClientWriter(socket)
    this.remoteAddress = peer.address
    this.remotePort = peer.port
    this.network = peer.network
  }

  // Called by the socket and the listener. The listener catches what these throw and ends this connection.

  /** The first `length` bytes are lent until this returns. False: no more until the socket is resumed. */
  onBytes(bytes: Buffer, length: number): boolean {
    if (this.#phase === 'waiting' || this.#phase === 'busy') this.#takeIn(bytes, length)
    else if (this.#phase === 'tunnel') this.#tunnel?.give(Buffer.from(bytes.subarray(0, length)))
    else this.#intake.take(bytes, 0, length)
    this.#isPaused = !this.#wantsMore
    return !this.#isPaused
  }

  /** The client sends no more. It may still read. */
  onEnd(): void {
    if (this.#phase === 'tunnel') this.#tunnel?.push(null)
    else if (this.#phase === 'closing') this.onFinish()
    else if (this.#intake.stage === 'between') this.closeIdle()
    else if (this.#intake.stage !== 'complete')
      this.#refuse(new Refusal(400, 'the request is incomplete'), 499)
    else {
      this.#isHalfClosed = true
      this.#stillness.move()
    }
  }

  onDrain(): void {
    if (this.#phase === 'busy') this.#exchange?.owner.onDrain()
    else if (this.#phase === 'waiting') this.#readOn()
  }

  /** Everything has left. Closes at once unless the client may still send: that would become a reset. */
  onFinish(): void {
    const { writableFinished, readableEnded } = this.#socket
    if (this.#phase === 'closing' && writableFinished && (this.#isAllRead || readableEnded)) this.destroy()
  }

  onClose(): void {
    this.#leave()
    this.#intake.stop(new Error('the client left before the end of its body'))
    this.#tunnel?.destroy()
    if (this.#exchange?.isAnswered === false) this.#exchange.owner.onAborted(499)
  }

  /** Ends what has not moved for too long. */
  check(nowMs: number): void {
    // Silence does not count while a slow function stops our reading, or the client awaits its 100.
    const isOurs = this.#isPaused || this.#intake.isUninvited
    const isOurTurn = this.#phase === 'busy' && isOurs && this.#exchange?.isAnswered === false
    // A client that ended its side may have left, and must prove that it takes the answer.
    if (isOurTurn || (this.#isHalfClosed && this.out.hasMoved())) this.#stillness.move()
    const ms = this.#stillness.ms(nowMs)
    if (this.#isHalfClosed && ms >= ASK_AFTER_MS && this.#exchange?.askWhetherThere() === true)
      this.#stillness.move()
    const situation: Situation = {
      phase: this.#phase,
      isFresh: this.#isFresh,
      stage: this.#intake.stage,
      isAnswered: this.#exchange?.isAnswered ?? true,
      isHalfClosed: this.#isHalfClosed,
      isWriting: this.out.isWaiting,
    }
    const limitMs = limitOf(situation, this.#shared.times)
    if (limitMs === 0 || ms < limitMs) return
    const end = endOf(situation, limitMs)
    if (end === 'close') this.destroy()
    else if (end === 'finish') this.#finish()
    else this.#refuse(end)
  }

  /** Closes it if it waits for a next request and the client has received the last answer. */
  closeIdle(): void {
    if (this.#phase !== 'waiting' || this.#intake.stage !== 'between') return
    if (this.out.isWaiting) this.#finish()
    else this.destroy()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  /** Closes it to make room for another connection. */
  evict(): void {
    this.#leave()
    this.destroy()
  }

  shed(message: string): void {
    this.#refuse(new Refusal(503, message))
  }

  // AnswerLine

  get isGone(): boolean {
    return this.#phase === 'closed' || this.#socket.destroyed
  }

  get mustClose(): boolean {
    return this.#shared.isDraining() || this.#takesNoOther
  }

  get #takesNoOther(): boolean {
    // After an answer instead of `100 Continue` the next bytes could be the body or a request.
    return (this.#isHalfClosed && !this.#intake.hasRest) || this.#intake.isUninvited
  }

  onAnswered(isKept: boolean): void {
    if (this.#phase !== 'busy') return
    this.#stillness.move()
    // Stays open if the answer promised it, even while the server stops: the next request may be on its way.
    if (!isKept || this.#takesNoOther) return this.#finish()
    if (this.#intake.stage === 'complete') return this.#next()
    this.#intake.stopBody()
    this.#shared.census.linger(this)
  }

  leaveHttp(): Duplex {
    this.#phase = 'tunnel'
    this.#exchange = null
    this.#tunnel = new TunnelEnd(this.#socket, () => this.onRoom())
    this.#tunnel.begin(this.#intake.takeRest(), this.#isHalfClosed)
    return this.#tunnel
  }

  onFault(error: unknown): void {
    this.#shared.log.error('connection failed unexpectedly', { address: this.remoteAddress, err: error })
    this.destroy()
  }

  // IntakeOwner

  onHead(head: RequestHead, body: Uint8Array | RequestBody | null): void {
    this.#phase = 'busy'
    // Not at the accept: connections without a request are not worth two system calls each.
    if (this.#isFresh) this.#socket.setNoDelay(true).setKeepAlive(true)
    this.#isFresh = false
    this.#stillness.move()
    this.#shared.census.work(this)
    const exchange = new Exchange({ head, body, line: this, shared: this.#shared })
    this.#exchange = exchange
    exchange.rawTrailers = this.#intake.trailers
    this.#shared.handler.request(exchange)
  }

  onRoom(): void {
    if (!this.#isPaused || !this.#wantsMore) return
    this.#isPaused = false
    this.#socket.resume()
  }

  onInvite(): void {
    this.#exchange?.interim(100, [])
  }

  #takeIn(bytes: Buffer, length: number): void {
    const intake = this.#intake
    const before = intake.stage
    try {
      intake.take(bytes, 0, length)
    } catch (error) {
      return this.#onUnreadable(error)
    }
    // The time for a head starts with its first byte; unwanted bytes do not keep a connection alive.
    if (before === 'between' ? !this.#isFresh : intake.isRead) this.#stillness.move()
    if (before !== 'body') return
    const exchange = this.#exchange
    if (intake.stage === 'complete' && exchange !== null) exchange.rawTrailers = intake.trailers
    // A complete answer may wait for the end of the turn; the next request begins after it has left.
    if (exchange?.hasLeft === false) return
    if (intake.stage === 'complete') this.#next()
    else if (intake.isTooMuch) this.#finish()
  }

  get #wantsMore(): boolean {
    if (this.#phase === 'tunnel') return this.#tunnel?.wantsMore === true
    if (this.#phase === 'waiting' && !this.out.hasRoom) return false
    return this.#phase !== 'closed' && this.#intake.wantsMore
  }

  /** A request that is here already begins at the end of the turn: pipelining must not delay others. */
  #next(): void {
    this.#phase = 'waiting'
    this.#stillness.move()
    this.#exchange = null
    if (!this.#intake.hasRest) return this.#wait()
    const onFlushFailed = (error: unknown): void => this.onFault(error)
    this.#shared.writes.add({ flush: () => this.#wait(), onFlushFailed })
  }

  #wait(): void {
    if (this.#phase !== 'waiting') return
    this.#shared.census.wait(this)
    this.#readOn()
  }

  /** A client that does not read its answers gets no further ones. */
  #readOn(): void {
    if (!this.out.hasRoom) return
    try {
      if (this.#intake.stage === 'complete') this.#intake.next()
    } catch (error) {
      this.#onUnreadable(error)
    }
    // The client has ended its side before, so an incomplete request will never be complete.
    if (this.#isHalfClosed && this.#intake.stage !== 'complete') this.onEnd()
    else this.onRoom()
  }

  #onUnreadable(error: unknown): void {
    if (!(error instanceof Refusal)) throw error
    this.#refuse(error)
  }

  /** The client broke the rules: its further requests are not served. An answer that has begun is cut. */
  #refuse({ status, message }: Refusal, countAs: number = status): void {
    const exchange = this.#exchange
    const isAnswered = exchange?.isAnswered === true
    this.#intake.stop(new Error(message))
    if (exchange !== null && !isAnswered) {
      if (exchange.hasBegun) exchange.breakOff()
      exchange.abandon()
      exchange.owner.onAborted(countAs)
    }
    if (!isAnswered && exchange?.hasBegun !== true)
      this.out.text(this.#shared.heads.refusal(status, message, exchange?.head.method === 'HEAD'))
    this.#finish()
  }

  /** Ends our side of the connection. What the client still sends is ignored. */
  #finish(): void {
    if (this.#phase === 'closing' || this.#phase === 'closed') return
    this.#phase = 'closing'
    this.#stillness.move()
    // A complete answer may still wait for the end of the turn.
    this.#exchange?.flush()
    this.#isAllRead ||= this.#intake.stop()
    this.#shared.census.linger(this)
    this.#socket.end()
    this.onRoom()
  }

  #leave(): void {
    if (this.#phase === 'closed') return
    this.#phase = 'closed'
    this.#shared.census.leave(this)
  }
}
