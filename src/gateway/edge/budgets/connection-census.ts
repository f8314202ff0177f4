import type { BudgetFields, BudgetWatch } from '../../../budget-watch.ts'
import type { Clock } from '../../../clock.ts'
import type { EdgeFigures } from '../../../core/figures.ts'
import { Displacements } from './displacements.ts'

/** A connection as the census sees it. */
export abstract class Counted {
  /** `networkOf` its address. */
  abstract readonly network: string
  // Its list, the time since when it is in there, and its links: only the census touches these.
  list: WaitingList | null = null
  sinceMs = 0
  before: Counted | null = null
  after: Counted | null = null

  /** Closes it to make room for another one. */
  abstract evict(): void
}

export interface CensusLimits {
  /** Connections of all clients together. */
  readonly most: number
  /** Connections of one client network (an IPv4 address, a /64 of IPv6). */
  readonly mostPerClient: number
}

/** Most connections of a kind that are examined to find one of the network that has most. */
const LOOK = 64

/**
 * A connection that has waited for less than this is displaced only for a client with fewer connections,
 * because its request may be on its way. Otherwise each newcomer of a burst would displace the one before, so
 * that none is served, and a client that makes one call after the other would lose its connection between two
 * of them.
 */
export const GRACE_MS = 1_000

/**
 * A client at its limit may displace this many of its own connections per second; further newcomers are
 * refused. Accepting a connection and closing another for it costs some 150 µs, so this is 4 % of the
 * daemon's time. Closing a newcomer unread costs a tenth of that.
 */
export const MOST_DISPLACED_A_SECOND = 256

/**
 * Knows all connections, and makes room when clients take every place. A newcomer takes the place of a
 * connection that waits for a request: one of the same client if that client is at its limit, otherwise one
 * of the client with most connections. First to go are those that have their answer and still owe only
 * unwanted bytes or their end; then those that never made a request; then those that did. Within each kind
 * the longest waiting goes first. The newcomer is refused only when every connection has an unanswered
 * request or has only just begun to wait. Answered connections count as waiting, because a client could hold
 * places by slowly sending a body that nobody wants.
 */
export class ConnectionCensus {
  readonly #limits: CensusLimits
  readonly #watch: BudgetWatch
  readonly #clock: Clock
  readonly #perNetwork = new Map<string, number>()
  readonly #displaced: Displacements
  /** Have their answer, but must receive more bytes before their next request. */
  readonly #answered = new WaitingList()
  /** Have never made a request. */
  readonly #fresh = new WaitingList()
  /** Wait for their next request. */
  readonly #kept = new WaitingList()
  #open = 0
  #evicted = 0
  #refused = 0

  constructor(limits: CensusLimits, watch: BudgetWatch, clock: Clock) {
    this.#limits = limits
    this.#watch = watch
    this.#clock = clock
    this.#displaced = new Displacements(clock)
  }

  get figures(): Pick<EdgeFigures, 'open' | 'evicted' | 'refused'> {
    return { open: this.#open, evicted: this.#evicted, refused: this.#refused }
  }

  /**
   * Whether a newcomer must be closed before anything is created for it: its client is at its limit and
   * connects so fast that making room each time would delay all others.
   */
  turnsAway(network: string): boolean {
    if ((this.#perNetwork.get(network) ?? 0) < this.#limits.mostPerClient) return false
    if (this.#displaced.of(network) < MOST_DISPLACED_A_SECOND) return false
    this.#refused += 1
    const fields = this.#shareOf(network)
    this.#watch.note(
      'limit of connections per client reached and new ones arrive too fast, closed unread',
      fields,
    )
    return true
  }

  /** Admits a newcomer, or returns why not. An admitted one must `leave`. */
  admit(connection: Counted): string | null {
    const { network } = connection
    const { most, mostPerClient } = this.#limits
    const own = this.#perNetwork.get(network) ?? 0
    if (own >= mostPerClient) {
      const fields = this.#shareOf(network)
      this.#displaced.note(network)
      if (!this.#makeRoom(network, own)) {
        this.#refused += 1
        this.#watch.note('limit of connections per client reached, new ones refused', fields)
        return `the gateway has ${mostPerClient} busy connections of this client (${fields.setting})`
      }
      this.#watch.note(
        'limit of connections per client reached, its waiting ones closed for new ones',
        fields,
      )
    }
    if (this.#open >= most) {
      const fields = { setting: 'SAMPAN_MAX_CONNECTIONS', limit: most }
      if (!this.#makeRoom(null, own)) {
        this.#refused += 1
        this.#watch.note('limit of connections reached, new ones refused', fields)
        return `the gateway has ${most} busy connections (${fields.setting})`
      }
      this.#watch.note('limit of connections reached, waiting ones closed for new ones', fields)
    }
    this.#open += 1
    this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1)
    connection.sinceMs = this.#clock.now()
    this.#fresh.add(connection)
    return null
  }

  #shareOf(client: string): BudgetFields {
    return { setting: 'SAMPAN_MAX_CONNECTIONS_PER_CLIENT', limit: this.#limits.mostPerClient, client }
  }

  /** It waits for its next request and may be displaced. */
  wait(connection: Counted): void {
    this.work(connection)
    connection.sinceMs = this.#clock.now()
    this.#kept.add(connection)
  }

  /** Its answer has left. Only an unwanted body, or its end, is still to come. */
  linger(connection: Counted): void {
    this.work(connection)
    this.#answered.add(connection)
  }

  /** It has a request and may not be displaced. */
  work(connection: Counted): void {
    connection.list?.delete(connection)
  }

  leave(connection: Counted): void {
    this.work(connection)
    this.#open -= 1
    const { network } = connection
    const rest = (this.#perNetwork.get(network) ?? 0) - 1
    if (rest > 0) this.#perNetwork.set(network, rest)
    else this.#perNetwork.delete(network)
  }

  /**
   * `network`: the client whose connection must go; null: the client with most. `own`: connections of the
   * newcomer's client.
   */
  #makeRoom(network: string | null, own: number): boolean {
    const untilMs = this.#clock.now() - GRACE_MS
    const found =
      this.#longestWaiting(this.#answered, { network, own, untilMs: Infinity }) ??
      this.#longestWaiting(this.#fresh, { network, own, untilMs }) ??
      this.#longestWaiting(this.#kept, { network, own, untilMs })
    if (found === null || found === 'spared') return false
    this.#evicted += 1
    // It removes itself from the census before this returns.
    found.evict()
    return true
  }

  /**
   * `spared`: there are some, but all have only just begun to wait. Connections that made a request must not
   * go in their place.
   */
  #longestWaiting(list: WaitingList, { network, own, untilMs }: Sought): Counted | 'spared' | null {
    let found: Counted | null = null
    let foundHas = 0
    let hasSpared = false
    let looks = 0
    for (let one = list.first; one !== null && looks < LOOK; one = one.after) {
      looks += 1
      if (network !== null && one.network !== network) continue
      const has = this.#perNetwork.get(one.network) ?? 0
      // After the exchange the newcomer's client would have no more connections than the other.
      if (one.sinceMs > untilMs && has < own + 2) hasSpared = true
      else if (network !== null) return one
      else if (has > foundHas) {
        found = one
        foundHas = has
      }
    }
    return found ?? (hasSpared ? 'spared' : null)
  }
}

/** Which connection may go. */
interface Sought {
  readonly network: string | null
  readonly own: number
  /**
   * Connections that began to wait later are spared, unless their client has at least two more than `own`.
   */
  readonly untilMs: number
}

/**
 * A queue from which any member can leave. Not a `Set`: one that changes with every request keeps dead
 * connections alive in its old tables.
 */
export class WaitingList {
  first: Counted | null = null
  #last: Counted | null = null

  add(one: Counted): void {
    one.list = this
    one.before = this.#last
    one.after = null
    if (this.#last === null) this.first = one
    else this.#last.after = one
    this.#last = one
  }

  delete(one: Counted): void {
    const { before, after } = one
    if (before === null) this.first = after
    else before.after = after
    if (after === null) this.#last = before
    else after.before = before
    one.before = null
    one.after = null
    one.list = null
  }
}
