import type { BudgetWatch } from '../../../budget-watch.ts'
import type { Clock } from '../../../clock.ts'
import { Displacements } from './displacements.ts'

/** A connection, as far as it counts here. */
export interface Counted {
  /** `networkOf` its address. */
  readonly network: string
  /** Neighbours in the list of those that wait; only the census touches them. */
  before: Counted | null
  after: Counted | null
  /** Which list it is in. */
  list: WaitingList | null
  /** Closes it for another's sake. */
  evict(): void
}

export interface CensusLimits {
  /** Connections of all clients together. */
  readonly most: number
  /** Connections of one client network (an IPv4 address, a /64 of IPv6). */
  readonly mostPerClient: number
}

/** What happened since the start, and how it stands. */
export interface CensusFigures {
  readonly open: number
  readonly evicted: number
  readonly refused: number
}

/** How many connections of a kind are looked at to find one of the network that has most. */
const LOOK = 64

/**
 * A client that has its share may displace so many of its own connections in a second. To take a connection in and close another one for it costs some 150 µs,
 * so this is 4 % of the daemon's time; to close a newcomer unheard costs a tenth of that.
 */
export const MOST_DISPLACED_A_SECOND = 256

/**
 * Who is connected, against clients that take every place. A connection that comes when there is no room takes the place of one that waits for a
 * request: of the same client where that one has its share, else of the client that has most. One that has its answer, and of which only unwanted bytes or the
 * end are still due, goes first; then one that never made a request, then one that did; the longest waiting first. Only when every connection has a request
 * that is not answered yet is the newcomer refused: else whoever sends a body that nobody wants, and sends it slowly, would keep places that no budget counts.
 */
export class ConnectionCensus {
  readonly #limits: CensusLimits
  readonly #watch: BudgetWatch
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
    this.#displaced = new Displacements(clock)
  }

  get figures(): CensusFigures {
    return { open: this.#open, evicted: this.#evicted, refused: this.#refused }
  }

  /**
   * Whether a newcomer from there is to be closed before anything is made for it: its client has its share, and comes so fast that making room each time
   * would let all others wait behind it.
   */
  turnsAway(network: string): boolean {
    const { mostPerClient } = this.#limits
    if ((this.#perNetwork.get(network) ?? 0) < mostPerClient) return false
    if (this.#displaced.of(network) < MOST_DISPLACED_A_SECOND) return false
    this.#refused += 1
    this.#watch.note('connections of a client full, and new ones come too fast: closed unheard', {
      setting: 'SAMPAN_MAX_CONNECTIONS_PER_CLIENT',
      limit: mostPerClient,
      client: network,
    })
    return true
  }

  /** Takes a newcomer in, or says why not. One that was taken in must `leave`. */
  admit(connection: Counted): string | null {
    const { network } = connection
    const { most, mostPerClient } = this.#limits
    const own = this.#perNetwork.get(network) ?? 0
    if (own >= mostPerClient) {
      const fields = { setting: 'SAMPAN_MAX_CONNECTIONS_PER_CLIENT', limit: mostPerClient, client: network }
      if (!this.#makeRoom(network)) {
        this.#refused += 1
        this.#watch.note('connections of a client full, new ones refused', fields)
        return `the gateway has ${mostPerClient} busy connections of this client (${fields.setting})`
      }
      this.#displaced.note(network)
      this.#watch.note('connections of a client full, its waiting ones closed for new ones', fields)
    }
    if (this.#open >= most) {
      const fields = { setting: 'SAMPAN_MAX_CONNECTIONS', limit: most }
      if (!this.#makeRoom(null)) {
        this.#refused += 1
        this.#watch.note('connections full, new ones refused', fields)
        return `the gateway has ${most} busy connections (${fields.setting})`
      }
      this.#watch.note('connections full, waiting ones closed for new ones', fields)
    }
    this.#open += 1
    this.#perNetwork.set(network, (this.#perNetwork.get(network) ?? 0) + 1)
    this.#fresh.add(connection)
    return null
  }

  /** It waits for its next request: it may go when another one comes. */
  wait(connection: Counted): void {
    this.work(connection)
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

  /** `network`: whose connection must go; null: of whoever has most. */
  #makeRoom(network: string | null): boolean {
    const found =
      this.#longestWaiting(this.#answered, network) ??
      this.#longestWaiting(this.#fresh, network) ??
      this.#longestWaiting(this.#kept, network)
    if (found === null) return false
    this.#evicted += 1
    // It leaves the census by itself, before this returns.
    found.evict()
    return true
  }

  #longestWaiting(list: WaitingList, network: string | null): Counted | null {
    let found: Counted | null = null
    let foundHas = 0
    let looks = 0
    for (let one = list.first; one !== null && looks < LOOK; one = one.after) {
      looks += 1
      if (one.network === network) return one
      const has = this.#perNetwork.get(one.network) ?? 0
      if (network === null && has > foundHas) {
        found = one
        foundHas = has
      }
    }
    return found
  }
}

/** A queue whose members can leave from anywhere: a `Set` that changes with every request keeps dead connections alive in its old tables. */
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
