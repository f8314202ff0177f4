import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { containerLabels } from '../../src/provider/docker/container/labels.ts'
import type { FreezerFiles } from '../../src/provider/docker/cgroups/freezer-files.ts'
import type { ContainerSummary } from '../../src/provider/docker/engine/answers.ts'
import { Observer } from '../../src/provider/docker/replicas/observer.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
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
  const list = {
    now: [] as ContainerSummary[],
    onList: () => {},
    onFrozen: () => {},
    frozen: new Map<string, FreezerFiles>(),
  }
  const seen = {
    changes: 0,
    crashes: [] as number[],
    unready: [] as string[],
    unknown: 0,
    rewired: [] as string[],
    withdrawn: [] as string[],
    moved: [] as string[],
    told: [] as string[],
    ended: [] as string[],
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
    addresses: {
      follow: ({ replica }, host) => seen.moved.push(`${replica.id} ${replica.host} to ${host}`),
      withdraw: (id) => seen.withdrawn.push(id),
    },
    halts: { told: (id, isHalted) => seen.told.push(`${id} ${isHalted}`) },
    foundFrozen: async (id) => {
      await Promise.resolve()
      list.onFrozen()
      return list.frozen.get(id) ?? null
    },
    onTold: (id) => seen.ended.push(id),
    isOurs: (labels) => labels['com.sampan.registry'] !== 'another',
    log: new RecordingLog(),
    onRewired: (id) => seen.rewired.push(id),
    onChange: () => (seen.changes += 1),
    onCrash: (_record, exitCode) => seen.crashes.push(exitCode),
    onUnready: (id) => seen.unready.push(id),
    onUnknownContainer: () => (seen.unknown += 1),
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
      container('another', { labels: { ...container('x').labels, 'com.sampan.registry': 'another' } }),
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

  it('finds one frozen that the engine takes for running, probes it not, and lets it hear a signal', async () => {
    const { list, seen, table, observer } = rig()
    list.now = [container('frozen'), container('runs')]
    list.frozen.set('frozen', { version: 'v2', folder: '/there' })
    list.frozen.set('runs-not', { version: 'v2', folder: '/there' })

    await observer.look()
    observer.handle({ kind: 'kill', id: 'frozen', exitCode: 0 })
    observer.handle({ kind: 'kill', id: 'runs', exitCode: 0 })

    assert.equal(table.get('frozen')?.replica.state, 'frozen')
    assert.deepEqual(table.get('frozen')?.frozenIn, list.frozen.get('frozen'))
    assert.deepEqual([seen.unready, seen.ended], [['runs'], ['frozen']])
  })

  it('sees that somebody thawed one by hand, and not while we freeze or thaw it', async () => {
    const { list, seen, table, observer } = rig()
    list.now = [container('thawed'), container('frozen'), container('turning')]
    const frozenIn = { version: 'v2', folder: '/there' } as const
    for (const { id } of list.now) list.frozen.set(id, frozenIn)
    await observer.look()
    seen.told.length = 0
    list.frozen.delete('thawed')
    list.frozen.delete('turning')
    table.change('turning', { turning: 'pause' })
    list.now.push(container('again'))
    table.add('again', identityOf(), { isRunning: true, host: '' })
    table.change('again', { state: 'frozen', frozenIn })
    const later = { ...frozenIn }
    list.onFrozen = () => {
      table.change('turning', { turning: null })
      table.change('again', { frozenIn: later })
    }

    await observer.look()

    assert.deepEqual(
      ['thawed', 'frozen', 'turning', 'again'].map((id) => table.get(id)?.frozenIn),
      [null, frozenIn, frozenIn, later],
    )
    assert.deepEqual(seen.told, ['thawed false', 'frozen false', 'turning false', 'again false'])
  })

  it('knows since when a container exists that it finds', async () => {
    const { list, table, observer } = rig()
    list.now = [container('old', { createdAtMs: 7_000 })]

    await observer.look()

    assert.equal(table.get('old')?.createdAtMs, 7_000)
  })

  it('passes on what it is told of halted processes, by events and by lists', async () => {
    const { list, seen, observer } = rig()
    list.now = [container('a'), container('b')]
    await observer.look()

    observer.handle({ kind: 'pause', id: 'a', exitCode: 0 })
    observer.handle({ kind: 'unpause', id: 'a', exitCode: 0 })
    list.now = [container('a'), container('b', { state: 'paused' })]
    await observer.look()

    assert.deepEqual(seen.told, ['a true', 'a false', 'a false', 'b true'])
  })

  it('adopts a paused container as a frozen replica, which is not asked whether it is ready', async () => {
    const { list, seen, table, observer } = rig()
    list.now = [container('a', { state: 'paused' })]

    await observer.look()
    await observer.look()

    assert.deepEqual([table.get('a')?.replica.state, table.get('a')?.isPaused], ['frozen', false])
    assert.deepEqual(seen.unready, [])
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

  it('strikes each that is gone off the table once, however it learns of it', async () => {
    const { list, table, observer } = rig()
    list.now = [container('destroyed'), container('missed'), container('ours')]
    await observer.look()
    table.delete('ours')
    const left: string[][] = []
    table.onChange(() => left.push([...table.ids()]))

    observer.handle({ kind: 'destroy', id: 'destroyed', exitCode: 0 })
    observer.handle({ kind: 'destroy', id: 'ours', exitCode: 0 })
    list.now = []
    await observer.look()
    await observer.look()

    assert.deepEqual(left, [['missed'], []])
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
    assert.deepEqual(seen.moved, ['b 10.0.0.2 to 10.0.0.9'])
    assert.equal(seen.unknown, 1)
  })

  it('has those looked at whose networks somebody changed, or who have no address in a list', async () => {
    const { list, seen, observer } = rig()
    list.now = [container('a')]
    await observer.look()
    list.now = [container('a', { addresses: {} }), container('b', { addresses: {} })]

    await observer.look()
    observer.handle({ kind: 'connect', id: 'a', exitCode: 0 })
    assert.deepEqual(seen.withdrawn, [])
    observer.handle({ kind: 'disconnect', id: 'a', exitCode: 0 })
    observer.handle({ kind: 'disconnect', id: 'nobody', exitCode: 0 })

    assert.deepEqual(seen.rewired, ['a', 'b', 'a', 'a'])
    assert.deepEqual(seen.withdrawn, ['a'])
    assert.deepEqual(seen.moved, [])
  })
})
