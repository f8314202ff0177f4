import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError } from '../../src/core/errors.ts'
import { functionName } from '../../src/core/function-name.ts'
import { containerLabels, networkLabels } from '../../src/provider/docker/docker-labels.ts'
import type { ContainerSummary, NetworkSummary } from '../../src/provider/docker/engine-answers.ts'
import { Networks } from '../../src/provider/docker/networks.ts'
import { Observer } from '../../src/provider/docker/observer.ts'
import { ReplicaTable } from '../../src/provider/docker/replica-table.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { identityOf } from '../fixtures/deployed.ts'

const hello = functionName('hello')

function container(id: string, change: Partial<ContainerSummary> = {}): ContainerSummary {
  const labels = containerLabels('test', identityOf())
  return {
    id,
    name: `name-${id}`,
    labels,
    state: 'running',
    createdAtMs: 0,
    addresses: { net: '10.0.0.2' },
    ...change,
  }
}

function rig() {
  const list = { now: [] as ContainerSummary[], onList: () => {} }
  const seen = {
    changes: 0,
    crashes: [] as number[],
    vanished: [] as string[],
    unready: [] as string[],
    strangers: 0,
  }
  const table = new ReplicaTable(
    () => 0,
    () => {},
  )
  const observer = new Observer({
    engine: {
      listContainers: async () => {
        const answer = [...list.now]
        list.onList()
        return answer
      },
    },
    instance: 'test',
    table,
    log: new RecordingLog(),
    onChange: () => (seen.changes += 1),
    onCrash: (_record, exitCode) => seen.crashes.push(exitCode),
    onVanished: ({ replica }) => {
      assert.ok(table.get(replica.id) !== undefined)
      seen.vanished.push(replica.id)
    },
    onUnready: (id) => seen.unready.push(id),
    onStranger: () => (seen.strangers += 1),
  })
  return { list, seen, table, observer }
}

describe('the observer', () => {
  it('adopts what runs, notes what is dead, and leaves alone what is not ours', async () => {
    const { list, seen, table, observer } = rig()
    list.now = [
      container('runs'),
      container('dead', { state: 'exited' }),
      container('half', { state: 'created' }),
      container('leaves', { state: 'removing' }),
      container('foreign', { labels: {} }),
    ]

    await observer.look()

    assert.deepEqual(
      table.of(hello).map(({ replica, isRunning }) => [replica.id, isRunning]),
      [
        ['runs', true],
        ['dead', false],
        ['half', false],
      ],
    )
    assert.deepEqual(seen.unready, ['runs'])
    assert.deepEqual(seen.crashes, [])
  })

  it('knows since when a container exists that it finds', async () => {
    const { list, table, observer } = rig()
    list.now = [container('old', { createdAtMs: 7_000 })]

    await observer.look()

    assert.equal(table.get('old')?.createdAtMs, 7_000)
  })

  it('takes a paused replica out of service once, however it learns of it, and sees it go on', async () => {
    const { list, seen, table, observer } = rig()
    list.now = [container('a'), container('b'), container('c', { state: 'paused' })]
    await observer.look()
    table.change('a', { state: 'ready' })
    table.change('b', { state: 'ready' })
    const paused = () =>
      ['a', 'b', 'c'].filter(
        (id) => table.get(id)?.isPaused === true && table.ready(hello).every((r) => r.id !== id),
      )
    assert.deepEqual(paused(), ['c'])
    seen.unready.length = 0

    observer.handle({ kind: 'pause', id: 'a', exitCode: 0 })
    list.now = ['a', 'b', 'c'].map((id) => container(id, { state: 'paused' }))
    await observer.look()
    await observer.look()
    assert.deepEqual(paused(), ['a', 'b', 'c'])
    assert.deepEqual(seen.unready, ['a', 'b'])

    observer.handle({ kind: 'unpause', id: 'a', exitCode: 0 })
    list.now = ['a', 'b', 'c'].map((id) => container(id))
    await observer.look()
    assert.deepEqual(paused(), [])
  })

  it('the observer is not confused by a container that is just being made', async () => {
    const { list, table, observer } = rig()
    list.now = [container('new', { state: 'created', name: 'in-the-making' })]

    const made = observer.making('in-the-making')
    await observer.look()
    made()

    assert.equal(table.get('new'), undefined)
  })

  it('the observer is not confused by one that was made, or removed, while the list was under way', async () => {
    const { list, table, observer } = rig()
    list.now = [container('old')]
    await observer.look()
    list.onList = () => {
      observer.handle({ kind: 'destroy', id: 'old', exitCode: 0 })
      table.add('young', identityOf(), { isRunning: true, host: '' })
    }

    await observer.look()

    assert.equal(table.get('old'), undefined)
    assert.equal(table.get('young')?.isRunning, true)
  })

  it('tells of each that is gone once, while the table has it, however it learns of it', async () => {
    const { list, seen, table, observer } = rig()
    list.now = [container('destroyed'), container('missed'), container('ours')]
    await observer.look()
    table.delete('ours')

    observer.handle({ kind: 'destroy', id: 'destroyed', exitCode: 0 })
    observer.handle({ kind: 'destroy', id: 'ours', exitCode: 0 })
    list.now = []
    await observer.look()
    await observer.look()

    assert.deepEqual(seen.vanished, ['destroyed', 'missed'])
  })

  it('sees a replica die once, and a draining one without alarm', async () => {
    const { list, seen, table, observer } = rig()
    list.now = [container('a'), container('b')]
    await observer.look()
    table.change('b', { state: 'draining' })

    observer.handle({ kind: 'die', id: 'a', exitCode: 3 })
    observer.handle({ kind: 'die', id: 'a', exitCode: 3 })
    observer.handle({ kind: 'die', id: 'b', exitCode: 143 })

    assert.deepEqual(seen.crashes, [3])
    assert.equal(table.get('a')?.replica.state, 'gone')
    assert.equal(table.get('b')?.replica.state, 'draining')
  })

  it('notices what vanished, moved or appeared behind its back', async () => {
    const { list, seen, table, observer } = rig()
    list.now = [container('a'), container('b')]
    await observer.look()
    table.change('b', { state: 'ready' })
    list.now = [container('b', { addresses: { net: '10.0.0.9' } })]

    await observer.look()
    observer.handle({ kind: 'start', id: 'stranger', exitCode: 0 })

    assert.equal(table.get('a'), undefined)
    assert.equal(table.get('b')?.replica.host, '10.0.0.9')
    assert.equal(table.get('b')?.replica.state, 'starting')
    assert.equal(seen.strangers, 1)
  })
})

/** Networks of an engine that answers a turn later, and refuses a name twice. */
class FakeNetworks {
  readonly there = new Map<string, NetworkSummary>()
  created = 0

  async listNetworks(): Promise<readonly NetworkSummary[]> {
    return [...this.there.values()]
  }

  async createNetwork(): Promise<string> {
    await Promise.resolve()
    if (this.there.size > 0) throw new FaasError('conflict', 'network with this name exists')
    this.created += 1
    const labels = networkLabels('test', 'spaced')
    this.there.set('id', { ...bridged('id', ''), labels, subnet: '10.9.0.0/16' })
    return 'id'
  }

  async removeNetwork(id: string): Promise<void> {
    await Promise.resolve()
    this.there.delete(id)
  }
}

function bridged(id: string, gateway: string): NetworkSummary {
  return { id, name: 'n', labels: {}, subnet: '', gateway, bridge: `br-${id}`, hasIpv6: false }
}

describe('networks', () => {
  const make = () => {
    const engine = new FakeNetworks()
    const told: (readonly string[])[] = []
    const onAddresses = (addresses: readonly string[]) => told.push(addresses)
    const fenced: string[] = []
    const fence = {
      want: () => {},
      whenTried: async ({ id }: { readonly id: string }) => {
        await Promise.resolve()
        fenced.push(id)
      },
    }
    return {
      engine,
      told,
      fenced,
      networks: new Networks({ engine, instance: 'test', log: new RecordingLog(), onAddresses, fence }),
    }
  }

  it('networks are made once for many who need them, and told of once', async () => {
    const { engine, told, networks } = make()

    const all = await Promise.all([1, 2, 3].map(() => networks.ensure('spaced')))
    await networks.look()

    assert.equal(engine.created, 1)
    assert.deepEqual(new Set(all.map(({ gateway }) => gateway)), new Set(['10.9.0.1']))
    assert.deepEqual(told, [['10.9.0.1']])
  })

  it('are fenced before anybody gets to know them', async () => {
    const { fenced, networks } = make()

    await networks.ensure('spaced')

    assert.deepEqual(fenced, ['id'])
  })

  it('are found again after a restart', async () => {
    const { engine, networks } = make()
    await engine.createNetwork()

    const network = await networks.ensure('spaced')

    assert.equal(network.id, 'id')
  })

  it('networks that are being removed are made anew for who needs them then', async () => {
    const { engine, networks } = make()
    await networks.ensure('spaced')

    const removal = networks.remove('spaced')
    const network = await networks.ensure('spaced')
    await removal

    assert.equal(engine.created, 2)
    assert.equal(engine.there.has(network.id), true)
  })

  it('networks of somebody else under our name are not used', async () => {
    const { engine, networks } = make()
    engine.there.set('x', bridged('x', '10.1.0.1'))

    await assert.rejects(networks.ensure('spaced'), /is not ours/)
  })
})
