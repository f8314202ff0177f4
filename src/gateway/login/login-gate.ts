import { deferred, type Clock, type Deferred } from '../../clock.ts'
import { networkOf } from '../../core/calls/client-address.ts'
import { FaasError } from '../../core/errors.ts'
import { FairLine } from './fair-line.ts'
import { LoginDelays } from './login-delays.ts'

/** The origin of an attempt. */
export interface GuessOrigin {
  readonly address: string
  /** Which of the clients behind the address, if a proxy names it. Used only for taking turns. */
  readonly client: string
  /** Ends a wait, which rejects with its reason. */
  readonly signal: AbortSignal
}

/** Most waiting attempts of one address: few enough that the last one does not wait long. */
const MOST_WAITING = 16

interface Waiting {
  readonly isRight: () => boolean
  readonly answer: Deferred<boolean>
}

interface Line {
  readonly network: string
  readonly guesses: FairLine<Waiting>
  /** Calls the next turn off. */
  cancelTurn: () => void
}

/**
 * Rate limit per client network: after a burst of wrong passwords, attempts (right ones too) are checked one
 * at a time. Delaying answers alone would not slow an attacker who disconnects early or opens more
 * connections. A right password is not recognised before its turn, because thousands of guesses at once would
 * find it. Other networks are not affected.
 */
export class LoginGate {
  readonly #clock: Clock
  readonly #delays = new LoginDelays()
  /** Only networks with waiting attempts; each has one timer. */
  readonly #lines = new Map<string, Line>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * The result of `isRight`, when its turn has come. A wrong password is answered late. Throws `too-busy`
   * without a check when too many attempts of this network wait. Rejects with the signal's reason when that
   * aborts meanwhile.
   */
  async check(origin: GuessOrigin, isRight: () => boolean): Promise<boolean> {
    const network = networkOf(origin.address)
    const now = this.#clock.now()
    if (this.#lines.has(network) || this.#delays.untilNextMs(network, now) > 0) {
      return await this.#waitInLine(network, origin, isRight)
    }
    if (isRight()) return true

    await this.#clock.sleep(this.#delays.failed(network, now), origin.signal)
    return false
  }

  async #waitInLine(network: string, origin: GuessOrigin, isRight: () => boolean): Promise<boolean> {
    const { client, signal } = origin
    const line = this.#lines.get(network) ?? this.#openLine(network)
    const waiting: Waiting = { isRight, answer: deferred() }
    const leave = (): void => {
      line.guesses.remove(client, waiting)
      this.#closeIfEmpty(line)
      waiting.answer.reject(signal.reason)
    }
    line.guesses.add(client, waiting)?.answer.reject(tooMany())
    signal.addEventListener('abort', leave, { once: true })
    if (signal.aborted) leave()
    try {
      return await waiting.answer.promise
    } finally {
      signal.removeEventListener('abort', leave)
    }
  }

  #openLine(network: string): Line {
    const line: Line = { network, guesses: new FairLine(MOST_WAITING), cancelTurn: () => {} }
    this.#lines.set(network, line)
    this.#serveLater(line)
    return line
  }

  #closeIfEmpty(line: Line): void {
    if (line.guesses.size > 0) return
    line.cancelTurn()
    if (this.#lines.get(line.network) === line) this.#lines.delete(line.network)
  }

  #serveLater(line: Line): void {
    const waitMs = this.#delays.untilNextMs(line.network, this.#clock.now())
    line.cancelTurn = this.#clock.after(waitMs, () => this.#serve(line))
  }

  /** Checks attempts until one is wrong. */
  #serve(line: Line): void {
    const { network, guesses } = line
    while (this.#delays.untilNextMs(network, this.#clock.now()) === 0) {
      const waiting = guesses.next()
      if (waiting === undefined) break
      const isRight = waiting.isRight()
      if (!isRight) this.#delays.failed(network, this.#clock.now())
      waiting.answer.resolve(isRight)
    }
    if (guesses.size > 0) this.#serveLater(line)
    else this.#closeIfEmpty(line)
  }
}

function tooMany(): FaasError {
  return new FaasError(
    'too-busy',
    `too many wrong passwords from this address: at most ${MOST_WAITING} requests may wait for a check, a fixed limit of the gateway; try again in a moment`,
  )
}
