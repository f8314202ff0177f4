import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BudgetWatch } from '../../src/budget-watch.ts'
import {
  ConnectionCensus,
  GRACE_MS,
  MOST_DISPLACED_A_SECOND,
  Counted,
} from '../../src/gateway/edge/budgets/connection-census.ts'
import { Random } from '../integration/random.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const WATCH = new BudgetWatch(new RecordingLog(), new FakeClock())

/** With each look everything that waits has waited for long. */
class LeisurelyClock extends FakeClock {
  #laterMs = 0

  override now(): number {
    this.#laterMs += GRACE_MS
    return super.now() + this.#laterMs
  }
}

class Connection extends Counted {
  readonly network: string
  isGone = false
  readonly #census: ConnectionCensus

  constructor(census: ConnectionCensus, network: string) {
    super()
    this.#census = census
    this.network = network
  }

  evict(): void {
    this.leave()
  }

  leave(): void {
    if (this.isGone) return
    this.isGone = true
    this.#census.leave(this)
  }
}

/** `admit` answers a connection, or the sentence that refused it. */
function start(most: number, mostPerClient: number, clock: FakeClock = new LeisurelyClock()) {
  const census = new ConnectionCensus({ most, mostPerClient }, WATCH, clock)
  const admit = (network: string): Connection => {
    const connection = new Connection(census, network)
    assert.equal(census.admit(connection), null)
    return connection
  }
  const refused = (network: string): string =>
    census.admit(new Connection(census, network)) ?? assert.fail('admitted')
  const keep = (connection: Connection): void => {
    census.work(connection)
    census.wait(connection)
  }
  const linger = (connection: Connection): void => {
    census.work(connection)
    census.linger(connection)
  }
  return { census, clock, admit, refused, keep, linger }
}

describe('a full house', () => {
  it('lets a newcomer take the place of the one that has waited longest without a request', () => {
    const { admit } = start(3, 3)
    const [first, second, third] = [admit('a'), admit('b'), admit('c')]

    admit('d')

    assert.deepEqual([first.isGone, second.isGone, third.isGone], [true, false, false])
  })

  it('lets one go first that has its answer, whatever else it still sends', () => {
    const { admit, keep, linger } = start(4, 4)
    const [fresh, kept, answered, later] = [admit('a'), admit('b'), admit('c'), admit('d')]
    keep(kept)
    linger(answered)
    linger(later)

    admit('e')
    assert.deepEqual(
      [fresh, kept, answered, later].map(({ isGone }) => isGone),
      [false, false, true, false],
    )
    admit('f')
    assert.equal(later.isGone, true)
  })

  it('keeps one again that waits for a request after the rest of a body', () => {
    const { census, admit, linger } = start(2, 2)
    const [lingering, fresh] = [admit('a'), admit('b')]
    linger(lingering)
    census.wait(lingering)

    admit('c')
    assert.deepEqual([lingering.isGone, fresh.isGone], [false, true])
    admit('c')
    assert.equal(lingering.isGone, false)
  })

  it('takes the place of the client that has most', () => {
    const { admit } = start(4, 4)
    const connections = ['a', 'b', 'b', 'c'].map((network) => admit(network))

    admit('d')

    assert.deepEqual(
      connections.map(({ isGone }) => isGone),
      [false, true, false, false],
    )
  })

  it('spares those that made a request while there are others', () => {
    const { admit, keep } = start(2, 2)
    const [kept, fresh] = [admit('a'), admit('a')]
    keep(kept)

    admit('b')

    assert.deepEqual([kept.isGone, fresh.isGone], [false, true])
  })

  it('spares who waits since a moment only: the request may be on its way', async () => {
    const { census, clock, admit, refused, keep } = start(2, 2, new FakeClock())
    const [fresh, kept] = [admit('a'), admit('b')]
    keep(kept)

    assert.match(refused('c'), /SAMPAN_MAX_CONNECTIONS\)$/)
    await clock.advance(GRACE_MS)
    census.work(kept)
    census.wait(kept)
    admit('c')
    assert.deepEqual([fresh.isGone, kept.isGone], [true, false])
  })

  it('takes no place of one that made a request while others never did, though they came a moment ago', async () => {
    const { census, clock, admit, refused, keep } = start(2, 2, new FakeClock())
    const kept = admit('a')
    keep(kept)
    await clock.advance(GRACE_MS)
    const fresh = admit('a')

    refused('a')
    assert.deepEqual([kept.isGone, fresh.isGone], [false, false])

    await clock.advance(GRACE_MS)
    admit('a')
    assert.deepEqual([kept.isGone, fresh.isGone], [false, true])
    assert.equal(census.figures.refused, 1)
  })

  it('spares nobody whose client has more connections than that of the newcomer', () => {
    const { admit } = start(3, 3, new FakeClock())
    const [one, two, other] = [admit('a'), admit('a'), admit('b')]

    admit('c')
    assert.deepEqual([one.isGone, two.isGone, other.isGone], [true, false, false])
  })

  it('refuses a newcomer when all have a request, and says which setting is full', () => {
    const { census, admit, refused } = start(2, 2)
    for (const network of ['a', 'b']) census.work(admit(network))

    assert.match(refused('c'), /2 busy connections \(SAMPAN_MAX_CONNECTIONS\)$/)
    assert.deepEqual(census.figures, { open: 2, evicted: 0, refused: 1 })
  })
})

describe('the share of one client', () => {
  it('is not exceeded at others’ cost: its own longest waiting goes', () => {
    const { admit } = start(9, 2)
    const [other, first, second] = [admit('b'), admit('a'), admit('a')]

    admit('a')

    assert.deepEqual([other.isGone, first.isGone, second.isGone], [false, true, false])
  })

  it('is closed unheard while it comes too fast, and only then', async () => {
    const { census, clock, admit, refused } = start(9, 2, new FakeClock())
    admit('b')
    for (let n = 0; n < 2; n += 1) admit('a')
    for (let n = 0; n < MOST_DISPLACED_A_SECOND; n += 1) {
      assert.equal(census.turnsAway('a'), false, `newcomer ${n}`)
      refused('a')
    }

    assert.equal(census.turnsAway('a'), true)
    assert.equal(census.turnsAway('b'), false, 'others come in')
    assert.deepEqual(census.figures, { open: 3, evicted: 0, refused: MOST_DISPLACED_A_SECOND + 1 })

    await clock.advance(1_000)
    assert.equal(census.turnsAway('a'), false, 'a second later')
    admit('a')
    assert.equal(census.figures.evicted, 1)
  })

  it('lets a client below its share come as fast as it likes', () => {
    const { census, admit } = start(9, 2)
    for (let n = 0; n < 2 * MOST_DISPLACED_A_SECOND; n += 1) {
      assert.equal(census.turnsAway('a'), false)
      admit('a').leave()
    }
  })

  it('is refused above when all of it works, though there is room', () => {
    const { census, admit, refused } = start(9, 1)
    census.work(admit('a'))

    assert.match(refused('a'), /1 busy connections of this client \(SAMPAN_MAX_CONNECTIONS_PER_CLIENT\)$/)
    assert.equal(admit('b').isGone, false)
  })
})

describe('the census', () => {
  it('counts rightly whatever connections do, in any order', () => {
    const random = new Random(7)
    const { census } = start(12, 5)
    let all: Connection[] = []
    for (let step = 0; step < 20_000; step += 1) {
      const one = all[random.below(Math.max(1, all.length))]
      const act = random.below(5)
      if (act === 0 || one === undefined) {
        const newcomer = new Connection(census, random.pick(['a', 'a', 'b', 'c']))
        if (census.admit(newcomer) === null) all.push(newcomer)
      } else if (act === 1) one.leave()
      else if (act === 2) census.work(one)
      else if (act === 3) census.linger(one)
      else if (one.list === null) census.wait(one)
      all = all.filter(({ isGone }) => !isGone)
      assert.equal(census.figures.open, all.length)
      assert.ok(all.length <= 12)
      for (const network of ['a', 'b', 'c'])
        assert.ok(all.filter((each) => each.network === network).length <= 5)
    }
    for (const one of all) one.leave()
    assert.equal(census.figures.open, 0)
  })
})
