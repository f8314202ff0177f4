import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BudgetWatch } from '../../src/budget-watch.ts'
import { ByteBudget, ByteShare } from '../../src/gateway/edge/budgets/byte-budget.ts'
import {
  ConnectionCensus,
  GRACE_MS,
  type CensusLimits,
  Counted,
} from '../../src/gateway/edge/budgets/connection-census.ts'
import { HeadBudget } from '../../src/gateway/edge/budgets/head-budget.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

function watched() {
  const log = new RecordingLog()
  const said = (): unknown[] => log.lines.map(({ message, fields }) => [message, fields])
  return { watch: new BudgetWatch(log, new FakeClock()), said }
}

/** With each look everything that waits has waited for long. */
class LeisurelyClock extends FakeClock {
  #laterMs = 0

  override now(): number {
    this.#laterMs += GRACE_MS
    return super.now() + this.#laterMs
  }
}

class Client extends Counted {
  readonly network: string
  isEvicted = false
  readonly #census: ConnectionCensus

  constructor(network: string, census: ConnectionCensus) {
    super()
    this.network = network
    this.#census = census
  }

  evict(): void {
    this.isEvicted = true
    this.#census.leave(this)
  }
}

function startCensus(limits: CensusLimits) {
  const { watch, said } = watched()
  const census = new ConnectionCensus(limits, watch, new LeisurelyClock())
  const come = (network: string): { readonly client: Client; readonly refusal: string | null } => {
    const client = new Client(network, census)
    return { client, refusal: census.admit(client) }
  }
  /** In the middle of a request. */
  const busy = (network: string): Client => {
    const { client } = come(network)
    census.work(client)
    return client
  }
  return { census, come, busy, said }
}

describe('the census of connections', () => {
  it('takes the place of a connection that never asked for anything before that of one that did', () => {
    const { census, come, busy } = startCensus({ most: 3, mostPerClient: 3 })
    const kept = busy('a')
    census.wait(kept)
    const silent = [come('a'), come('b')].map(({ client }) => client)

    assert.equal(come('c').refusal, null)

    assert.deepEqual(
      [kept, ...silent].map(({ isEvicted }) => isEvicted),
      [false, true, false],
    )
    assert.deepEqual(census.figures, { open: 3, evicted: 1, refused: 0 })
  })

  it('takes the place of the client that has most', () => {
    const { come } = startCensus({ most: 4, mostPerClient: 4 })
    const one = come('one').client
    const many = Array.from({ length: 3 }, () => come('many').client)

    come('new')

    assert.deepEqual(
      [one, ...many].map(({ isEvicted }) => isEvicted),
      [false, true, false, false],
    )
  })

  it('lets a client that has its share replace only connections of its own', () => {
    const { come, said } = startCensus({ most: 10, mostPerClient: 2 })
    const [other, first, second] = [come('b').client, come('a').client, come('a').client]

    assert.equal(come('a').refusal, null)

    assert.deepEqual(
      [other, first, second].map(({ isEvicted }) => isEvicted),
      [false, true, false],
    )
    assert.deepEqual(said(), [
      [
        'limit of connections per client reached, its waiting ones closed for new ones',
        { setting: 'SAMPAN_MAX_CONNECTIONS_PER_CLIENT', limit: 2, client: 'a', times: 1 },
      ],
    ])
  })

  it('refuses a newcomer only when every connection is busy, and names the limit and the setting', () => {
    const { census, busy, come, said } = startCensus({ most: 2, mostPerClient: 2 })
    busy('a')
    busy('b')

    const { refusal } = come('c')

    assert.equal(refusal, 'the gateway has 2 busy connections (SAMPAN_MAX_CONNECTIONS)')
    assert.deepEqual(census.figures, { open: 2, evicted: 0, refused: 1 })
    assert.deepEqual(said(), [
      [
        'limit of connections reached, new ones refused',
        { setting: 'SAMPAN_MAX_CONNECTIONS', limit: 2, times: 1 },
      ],
    ])
  })

  it('refuses a client whose share is busy, and nobody else', () => {
    const { busy, come } = startCensus({ most: 10, mostPerClient: 1 })
    busy('a')

    assert.match(
      come('a').refusal ?? '',
      /1 busy connections of this client \(SAMPAN_MAX_CONNECTIONS_PER_CLIENT\)/,
    )
    assert.equal(come('b').refusal, null)
  })
})

describe('the budget of unfinished heads', () => {
  it('gives up the one that was begun first, and names the limit and the setting', () => {
    const { watch, said } = watched()
    const budget = new HeadBudget(100, watch)
    const shed: string[] = []
    const sender = (name: string) => ({ shed: (message: string) => shed.push(`${name}: ${message}`) })
    const [first, second] = [sender('first'), sender('second')]
    budget.hold(first, 50)
    budget.hold(second, 50)

    budget.hold(second, 1)

    assert.deepEqual(shed, [
      'first: the gateway holds more than 100 bytes of unfinished request heads and of requests behind others (SAMPAN_HEADER_BUDGET)',
    ])
    assert.deepEqual([budget.used, budget.shed], [51, 1])
    assert.deepEqual(said(), [
      [
        'limit of unfinished request heads reached, the oldest dropped',
        { setting: 'SAMPAN_HEADER_BUDGET', limit: 100, times: 1 },
      ],
    ])
    budget.release(second)
    assert.equal(budget.used, 0)
  })
})

describe('the budget of waiting bodies', () => {
  it('is full from its limit on, counts who finds it so, and has room again when bodies have gone on', () => {
    const { watch, said } = watched()
    const budget = new ByteBudget(100, watch)
    const share = new ByteShare(budget)
    share.hold(99)
    assert.equal(budget.refusal('a'), null)
    share.hold(100)

    const refusal = budget.refusal('a')

    assert.equal(refusal?.status, 503)
    assert.match(refusal?.message ?? '', /holds 100 bytes of request bodies .*\(SAMPAN_BODY_BUDGET\)/)
    assert.equal(budget.refused, 1)
    assert.deepEqual(said(), [
      [
        'limit of waiting request bodies reached, calls refused',
        { setting: 'SAMPAN_BODY_BUDGET', limit: 100, times: 1 },
      ],
    ])
    share.hold(99)
    assert.equal(budget.refusal('a'), null)
  })

  it('leaves a quarter to others when a function does not read its bodies', () => {
    const { watch, said } = watched()
    const budget = new ByteBudget(100, watch)
    const share = new ByteShare(budget)
    share.hold(50)
    share.belongTo('hostile')
    share.hold(75)

    assert.deepEqual(budget.refusal('hostile'), {
      status: 429,
      message:
        'function hostile has 75 bytes of request bodies that it does not read, three quarters of all (SAMPAN_BODY_BUDGET)',
    })
    assert.equal(budget.refusal('honest'), null)
    assert.deepEqual(said(), [
      [
        'limit of waiting request bodies per function reached, its calls refused',
        { setting: 'SAMPAN_BODY_BUDGET', limit: 75, fn: 'hostile', times: 1 },
      ],
    ])
    share.hold(0)
    assert.deepEqual([budget.used, budget.refusal('hostile')], [0, null])
  })
})
