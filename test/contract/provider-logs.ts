import assert from 'node:assert/strict'
import { it } from 'node:test'
import { deferred } from '../../src/clock.ts'
import type { FunctionName } from '../../src/core/functions/function-name.ts'
import type { LogLine } from '../../src/core/provider/log-line.ts'
import { readTimestamp } from '../../src/core/provider/log-timestamp.ts'
import type { Provider, ReplicaLogQuery } from '../../src/core/provider/provider.ts'
import type { Replica } from '../../src/core/provider/replica.ts'
import { shortId } from '../../src/core/short-id.ts'
import { eventually } from '../fakes/eventually.ts'
import { isError, ready, soon, type Stage } from './provider-stage.ts'

export function describeLogs(stage: () => Stage): void {
  describeOneLog(stage)
  describeLeaving(stage)
}

/** A replica of a new function that has written `one` and `two`. */
async function talkative({ subject, provider, deploy }: Stage, called: string): Promise<Replica> {
  const name = await deploy(subject.fn(called))
  const [replica] = ready(provider, name)
  assert.ok(replica)
  subject.wroteLines(replica)
  await eventually(async () => (await read(provider, replica)).length === 2)
  return replica
}

function describeOneLog(stage: () => Stage): void {
  it('the log of a replica has its lines in order, with exact times, and ends', async () => {
    const { provider } = stage()
    const replica = await talkative(stage(), 'talkative')

    const lines = await read(provider, replica)

    assert.deepEqual(textsOf(lines), ['one', 'two'])
    for (const { instance, timestamp } of lines) {
      assert.equal(instance, shortId(replica.id))
      assert.equal(readTimestamp(timestamp), timestamp)
    }
  })

  it('the log of a replica begins where it is asked to: at a time, or so many entries from its end', async () => {
    const { provider } = stage()
    const replica = await talkative(stage(), 'asked-for-a-part')
    const [, second] = await read(provider, replica)
    assert.ok(second)

    assert.deepEqual(await read(provider, replica, { since: second.timestamp }), [second])
    assert.deepEqual(await read(provider, replica, { entries: 1 }), [second])
    assert.deepEqual(await read(provider, replica, { entries: 0 }), [])
    assert.equal((await read(provider, replica, { entries: 9 })).length, 2)
  })

  it('the log of a replica counts its entries: as many as were asked for, unless there are fewer', async () => {
    const { provider } = stage()
    const replica = await talkative(stage(), 'counted')
    const counted = async (entries: number): Promise<number> => {
      const log = await provider.openLog(replica.id, { entries }, soon())
      await collect(log)
      return log.entries
    }

    assert.deepEqual(await Promise.all([1, 2, 3].map(counted)), [1, 2, 2])
  })

  it('the log of a replica that is followed ends without an error when the signal aborts', async () => {
    const { provider } = stage()
    const replica = await talkative(stage(), 'followed')
    const leaving = new AbortController()
    const lines: LogLine[] = []

    for await (const batch of await provider.openLog(replica.id, { follow: true }, leaving.signal)) {
      lines.push(...batch)
      if (lines.length === 2) leaving.abort()
    }

    assert.equal(lines.length, 2)
  })

  it('the log of a replica that is followed ends with the replica', async () => {
    const { provider } = stage()
    const replica = await talkative(stage(), 'followed-to-the-end')
    const log = await provider.openLog(replica.id, { follow: true }, soon())

    provider.remove(replica.fn)

    assert.deepEqual(textsOf(await collect(log)), ['one', 'two'])
  })

  it('the log of a replica that nobody knows is not found, and none is opened for who has left', async () => {
    const { provider } = stage()
    const replica = await talkative(stage(), 'left')

    await assert.rejects(provider.openLog('0123456789abcdef', {}, soon()), isError('not-found'))
    await assert.rejects(provider.openLog(replica.id, {}, AbortSignal.abort()))
  })
}

function describeLeaving(stage: () => Stage): void {
  it('the log of a replica is handed over before it goes, and the replica is there until it is kept', async () => {
    const { subject, provider } = stage()
    const replica = await talkative(stage(), 'leaving')
    const mayGo = deferred<void>()
    subject.keeper.isRead = ({ id }) => (id === replica.id ? mayGo.promise : Promise.resolve())

    provider.remove(replica.fn)
    await eventually(() => subject.keeper.kept.has(replica.id), 20_000)

    assert.deepEqual(subject.keeper.kept.get(replica.id), ['one', 'two'])
    assert.deepEqual(ids(provider, replica.fn), [replica.id])
    assert.deepEqual(textsOf(await read(provider, replica)), ['one', 'two'])
    mayGo.resolve()
    await eventually(() => ids(provider, replica.fn).length === 0, 20_000)
    await assert.rejects(provider.openLog(replica.id, {}, soon()), isError('not-found'))
  })

  it('a listener is told when replicas come and go, once they are in the list or out of it', async () => {
    const { subject, provider, deploy } = stage()
    const fn = subject.fn('comes-and-goes')
    const { name } = fn.spec
    const told: number[] = []
    const leave = provider.watch((event) => {
      if (event.kind === 'replicas' && event.fn === name) told.push(provider.replicas(name).length)
    })

    await deploy(fn)
    assert.ok(told.includes(1))
    provider.remove(name)
    await eventually(() => provider.replicas(name).length === 0, 20_000)

    assert.equal(told.at(-1), 0)
    leave()
  })
}

function ids(provider: Provider, fn: FunctionName): readonly string[] {
  return provider.replicas(fn).map(({ id }) => id)
}

function textsOf(lines: readonly LogLine[]): readonly string[] {
  return lines.map(({ text }) => text)
}

async function read(provider: Provider, { id }: Replica, query: ReplicaLogQuery = {}): Promise<LogLine[]> {
  return await collect(await provider.openLog(id, query, soon()))
}

async function collect(log: AsyncIterable<readonly LogLine[]>): Promise<LogLine[]> {
  const lines: LogLine[] = []
  for await (const batch of log) lines.push(...batch)
  return lines
}
