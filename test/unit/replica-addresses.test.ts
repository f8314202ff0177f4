import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ReplicaAddresses } from '../../src/provider/docker/replicas/replica-addresses.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { identityOf } from '../fixtures/deployed.ts'

/** One ready replica, `a`, known to be at this address. */
function rig(host = '10.0.0.2') {
  const seen = { changes: 0, unready: [] as string[], lost: [] as string[] }
  /** What a look at it finds; null: it is gone. */
  const inspected = { address: null as string | null, state: 'running', isAway: false }
  const log = new RecordingLog()
  const table = new ReplicaTable(
    () => 0,
    () => {},
  )
  table.add('a', identityOf(), { isRunning: true, host })
  table.change('a', { state: 'ready' })
  const addresses = new ReplicaAddresses({
    engine: {
      inspectContainer: async () => {
        const { address, state, isAway } = inspected
        if (isAway) throw new Error('away')
        if (address === null) return null
        const found: Record<string, string> = address === '' ? {} : { net: address }
        return { state, exitCode: 0, oomKilled: false, error: '', addresses: found, pid: 1 }
      },
    },
    table,
    log,
    onLost: (replica) => seen.lost.push(`${replica.id} ${replica.host}`),
    onUnready: (id) => seen.unready.push(id),
    onChange: () => (seen.changes += 1),
  })
  return { seen, inspected, log, table, addresses }
}

describe('the address of a replica', () => {
  const stateOf = (table: ReplicaTable) => {
    const record = table.get('a')
    return [record?.replica.host, record?.replica.state, record?.isFailed]
  }

  it('is followed when it is another one now', async () => {
    const { addresses, inspected, seen, table } = rig()
    inspected.address = '10.0.0.7'

    await addresses.look('a')

    assert.deepEqual(stateOf(table), ['10.0.0.7', 'starting', false])
    assert.deepEqual(seen.lost, ['a 10.0.0.2'])
    assert.deepEqual(new Set(seen.unready), new Set(['a']))
  })

  it('is not called while nobody knows it, and is asked again when the engine does not say', async () => {
    const { addresses, inspected, seen, table } = rig()
    inspected.isAway = true

    addresses.withdraw('a')
    assert.deepEqual(stateOf(table), ['10.0.0.2', 'starting', false])
    await assert.rejects(addresses.look('a'))

    assert.deepEqual(seen.unready, ['a'])
  })

  it('is called on while it is only looked at: the engine may hang', async () => {
    const { addresses, inspected, table } = rig()
    inspected.isAway = true

    await assert.rejects(addresses.look('a'))

    assert.deepEqual(stateOf(table), ['10.0.0.2', 'ready', false])
  })

  it('is missed when it was taken out of its network: it is replaced', async () => {
    const { addresses, inspected, seen, table, log } = rig()
    inspected.address = ''

    await addresses.look('a')
    await addresses.look('a')

    assert.deepEqual(stateOf(table), ['', 'starting', true])
    assert.deepEqual(seen.lost, ['a 10.0.0.2'])
    assert.equal(seen.changes, 1)
    assert.deepEqual(log.messages('warn'), ['replica no longer in its network, will be replaced'])
  })

  it('is missed, too, when it never had one: it was found without', async () => {
    const { addresses, inspected, seen, table } = rig('')
    inspected.address = ''

    await addresses.look('a')

    assert.deepEqual(stateOf(table), ['', 'starting', true])
    assert.deepEqual(seen.lost, [])
  })

  it('is not missed when it just ends, or nobody touched it', async () => {
    const { addresses, inspected, seen, table } = rig()

    inspected.address = '10.0.0.2'
    await addresses.look('a')
    inspected.address = ''
    inspected.state = 'exited'
    await addresses.look('a')
    inspected.address = null
    await addresses.look('a')

    assert.deepEqual(stateOf(table), ['10.0.0.2', 'ready', false])
    assert.deepEqual(new Set(seen.unready), new Set(['a']))
    assert.deepEqual(seen.lost, [])
  })
})
