import type { BudgetFields, BudgetWatch } from '../../../budget-watch.ts'
import type { Clock } from '../../../clock.ts'
import type { EdgeFigures } from '../../../core/figures.ts'
import { Displacements } from './displacements.ts'

/** A connection, as far as it counts here. */
export abstract class Counted {
  /** `networkOf` its address. */
  abstract readonly network: string
  // Which list it is in, since when, and its neighbours there: only the census touches these.
  list: WaitingList | null = null
  sinceMs = 0
  before: Counted | null = null
  after: Counted | null = null

  /** Closes it for another's sake. */
  abstract evict(): void
}

export interface CensusLimits {
  /** Connections of all clients together. */
  readonly most: number
  /** Connections of one client network (an IPv4 address, a /64 of IPv6). */
  readonly mostPerClient: number
}

/** How many connections of a kind are looked at to find one of the network that has most. */
const LOOK = 64

/**
 * A connection that has waited for less is displaced only for a client that has fewer connections: its
 * request may be on its way. In a burst of newcomers each would take the place of the one before it else, and
 * nobody would be heard; and who makes one call after the other would lose its connection between two of
 * them.
 */
export const GRACE_MS = 1_000

/**
 * A client that has its share may displace so many of its own connections in a second, or be refused. To take
 * a connection in and close another one for it costs some 150 µs, so this is 4 % of the daemon's time; to
 * close a newcomer unheard costs a tenth of that.
 */
export const MOST_DISPLACED_A_SECOND = 256

/**
 * Who is connected, against clients that take every place. A connection that comes when there is no room
 * takes the place of one that waits for a request: of the same client where that one has its share, else of
 * the client that has most. One that has its answer, and of which only unwanted bytes or the end are still
 * due, goes first; then one that never made a request, then one that did; the longest waiting first. Only
 * when every connection has a request that is not answered yet, or waits since a moment only, is the newcomer
 * refused: else whoever sends a body that nobody wants, and sends it slowly, would keep places that no budget
 * counts.
 */
export class ConnectionCensus {
  readonly #limits: CensusLimits
  readonly #watch: BudgetWatch
  readonly #clock: Clock
  readonly #perNetwork = new Map<string, number>()
  readonly #displaced: Displacements
  /** Have their answer, and take no other request before something else has come. */
  readonly #answered = new WaitingList()
  /** Never made a request. */
  readonly #fresh = new WaitingList()
  /** Wait for the next one. */
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
   * Whether a newcomer from there is to be closed before anything is made for it: its client has its share,
   * and comes so fast that making room each time would let all others wait behind it.
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

  /** Takes a newcomer in, or says why not. One that was taken in must `leave`. */
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

  /** It waits for its next request: it may go when another one comes. */
  wait(connection: Counted): void {
    this.work(connection)
    connection.sinceMs = this.#clock.now()
    this.#kept.add(connection)
  }

  /** Its answer has left; what is still due is a body that nobody wants, or its end. */
  linger(connection: Counted): void {
    this.work(connection)
    this.#answered.add(connection)
  }

  /** It has a request. */
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
   * `network`: whose connection must go; null: of whoever has most. `own`: how many the newcomer's client
   * has.
   */
  #makeRoom(network: string | null, own: number): boolean {
    const untilMs = this.#clock.now() - GRACE_MS
    const found =
      this.#longestWaiting(this.#answered, { network, own, untilMs: Infinity }) ??
      this.#longestWaiting(this.#fresh, { network, own, untilMs }) ??
      this.#longestWaiting(this.#kept, { network, own, untilMs })
    if (found === null || found === 'spared') return false
    this.#evicted += 1
    // It leaves the census by itself, before this returns.
    found.evict()
    return true
  }

  /**
   * `spared`: there are some, and all of them wait since a moment only. One that made a request must not go
   * in their place.
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
      // With a place more for one and a place less for the other, the newcomer's client has no more than the
      // other.
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

/** Whose place is sought. */
interface Sought {
  readonly network: string | null
  readonly own: number
  /** Those that wait since later are spared, unless their client has two connections more than `own`. */
  readonly untilMs: number
}

/**
 * A queue whose members can leave from anywhere: a `Set` that changes with every request keeps dead
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
