import assert from 'node:assert/strict'
import { getEventListeners, setMaxListeners } from 'node:events'
import { describe, it } from 'node:test'
import { deferred } from '../../src/clock.ts'
import type { LogLine } from '../../src/core/provider/log-line.ts'
import { LogKeeper } from '../../src/logs/keeper.ts'
import { logOpener } from '../../src/provider/docker/logs/container-log.ts'
import { eventually } from '../fakes/eventually.ts'
import { FakeArchive } from '../fakes/fake-archive.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { at, FakeLogEngine } from '../fakes/fake-log-engine.ts'
import { figlet } from '../fakes/log-bench.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

/** More than are open at a time. */
const CROWD = Array.from({ length: 70 }, (_, number) => `c${number}`)
const LINES = 100

function setUp() {
  const engine = new FakeLogEngine()
  const archive = new FakeArchive()
  const clock = new FakeClock()
  const log = new RecordingLog()
  const followed = { ended: deferred<void>(), lines: [] as LogLine[], held: 0 }
  const keeper = new LogKeeper({ archive, clock, log })
  const open = logOpener(engine)
  const stopping = new AbortController()
  setMaxListeners(0, stopping.signal)
  const keep = (id: string) => keeper.keep({ fn: figlet, id }, open, stopping.signal)
  const keepFollowed = (id: string) => {
    followed.held += 1
    const tail = { ended: followed.ended.promise, lines: followed.lines }
    return keeper.keepFollowed({ fn: figlet, id }, { tail, release: () => (followed.held -= 1) })
  }
  return { engine, archive, clock, log, followed, stopping, keep, keepFollowed }
}

/** A log of so many lines. */
function fill(engine: FakeLogEngine, id: string, lines = LINES): void {
  for (let number = 0; number < lines; number += 1)
    engine.write(id, at(number % 60, number), `line ${number}`)
}

/** Moves time on until the work has ended; answers how many seconds that took. */
async function secondsOf(clock: FakeClock, work: Promise<unknown>): Promise<number> {
  let isOver = false
  const ending = work.finally(() => (isOver = true))
  let seconds = 0
  for (; !isOver && seconds < 1_000; seconds += 1) await clock.advance(1_000)
  assert.ok(isOver, 'it ends')
  await ending
  return seconds
}

describe('the keeper of logs', () => {
  it('opens a log before it returns, 64 at a time, and holds 8 of them in memory', async () => {
    const { engine, archive, keep, log, stopping } = setUp()
    for (const id of CROWD) fill(engine, id)
    archive.beSlow()

    const kept = CROWD.map((id) => keep(id))
    assert.equal(engine.asked.length, 64)
    await eventually(() => archive.saving === 8)
    archive.beQuick()
    await Promise.all(kept)

    assert.equal(archive.mostSaving, 8)
    assert.deepEqual(archive.saved.map(({ id }) => id).toSorted(), CROWD.toSorted())
    assert.ok(archive.saved.every(({ lines, isWhole }) => lines === LINES && isWhole))
    assert.deepEqual(log.lines, [])
    assert.deepEqual(getEventListeners(stopping.signal, 'abort'), [])
    await eventually(() => engine.open === 0)
  })

  it('the keeper of logs does not count the time that a log waits for others to be saved', async () => {
    const { engine, archive, clock, keep, log } = setUp()
    for (const id of CROWD) fill(engine, id)
    archive.beSlow()

    const kept = CROWD.map((id) => keep(id))
    await eventually(() => archive.saving === 8)
    await clock.advance(600_000)
    archive.beQuick()
    await Promise.all(kept)

    assert.ok(archive.saved.every(({ lines, isWhole }) => lines === LINES && isWhole))
    assert.deepEqual(log.lines, [])
  })

  it('says of a hung engine that nothing was kept, and goes on after ten seconds', async () => {
    const { engine, clock, keep, log } = setUp()
    engine.isHung = true

    const seconds = await secondsOf(clock, keep('a'))

    assert.ok(seconds <= 11, `${seconds} s`)
    const [warning] = log.named('logs of a replica not kept')
    assert.deepEqual([warning?.level, warning?.fields['replica']], ['warn', 'a'])
    assert.match(String(warning?.fields['reason']), /within 10 s/)
  })

  it('keeps the part that it got in time, and says so', async () => {
    const { engine, archive, clock, keep, log } = setUp()
    fill(engine, 'a')
    engine.isStuck = true

    const kept = keep('a')
    await eventually(() => engine.isRead)
    await secondsOf(clock, kept)

    assert.deepEqual(archive.saved, [{ id: 'a', lines: LINES, isWhole: false }])
    const [warning] = log.named('logs of a replica not read to their end')
    assert.deepEqual([warning?.level, warning?.fields['lines']], ['warn', LINES])
    await eventually(() => engine.open === 0)
  })

  it('keeps the part that came before the engine broke off, and says so', async () => {
    const { engine, archive, keep, log } = setUp()
    fill(engine, 'a')
    engine.isStuck = true

    const kept = keep('a')
    await eventually(() => engine.isRead)
    engine.breakOff()
    await kept

    assert.deepEqual(archive.saved, [{ id: 'a', lines: LINES, isWhole: false }])
    assert.equal(
      log.named('logs of a replica not read to their end')[0]?.fields['reason'],
      'Docker broke off',
    )
  })

  it('warns of a log that is gone', async () => {
    const { archive, keep, log } = setUp()

    await keep('gone')

    assert.deepEqual(archive.saved, [])
    assert.deepEqual(log.messages('warn'), ['logs of a replica not kept'])
  })

  it('the keeper of logs has a place again after each kind of end', async () => {
    const { engine, archive, clock, keep } = setUp()
    engine.isHung = true
    await secondsOf(clock, Promise.all(CROWD.map((id) => keep(id))))
    engine.isHung = false
    engine.isStuck = true
    for (const id of CROWD) fill(engine, id)
    await secondsOf(clock, Promise.all(CROWD.map((id) => keep(id))))
    engine.isStuck = false

    await keep('gone')
    await keep('c1')

    assert.deepEqual(archive.saved.at(-1), { id: 'c1', lines: LINES, isWhole: true })
    await eventually(() => engine.open === 0)
  })
})

describe('the keeper of logs at the stop', () => {
  it('gives up what is not being saved, without a word', async () => {
    const { engine, archive, keep, log, stopping } = setUp()
    for (const id of CROWD) fill(engine, id)
    archive.beSlow()
    const kept = CROWD.map((id) => keep(id))
    await eventually(() => archive.saving === 8)

    stopping.abort()
    await Promise.all(kept.slice(8))
    await eventually(() => engine.open === 0)
    archive.beQuick()
    await Promise.all(kept)

    assert.equal(archive.saved.length, 8)
    assert.ok(archive.saved.every(({ isWhole }) => isWhole))
    assert.equal(engine.asked.length, 64)
    assert.deepEqual(log.lines, [])
  })

  it('gives up what the engine does not give', async () => {
    const { engine, archive, keep, log, stopping } = setUp()
    engine.isHung = true
    const opening = keep('a')
    engine.isHung = false
    engine.isStuck = true
    fill(engine, 'b')
    const reading = keep('b')
    await eventually(() => engine.isRead)

    stopping.abort()
    await Promise.all([opening, reading])

    assert.deepEqual(archive.saved, [])
    assert.deepEqual(log.lines, [])
    await eventually(() => engine.open === 0)
  })
})

describe('keeping what followers saw', () => {
  const line = { timestamp: at(1), instance: 'followed', text: 'seen' }

  it('waits for the end, saves a part, and lets the tail go', async () => {
    const { archive, followed, keepFollowed } = setUp()

    const kept = keepFollowed('followed')
    followed.lines.push(line)
    assert.deepEqual([archive.saving, followed.held], [0, 1])
    followed.ended.resolve()
    await kept

    assert.deepEqual(archive.saved, [{ id: 'followed', lines: 1, isWhole: false }])
    assert.equal(followed.held, 0)
  })

  it('keeping what followers saw does not wait for long', async () => {
    const { archive, clock, followed, keepFollowed } = setUp()
    followed.lines.push(line)

    const seconds = await secondsOf(clock, keepFollowed('followed'))

    assert.ok(seconds <= 11, `${seconds} s`)
    assert.deepEqual([archive.saved.length, followed.held], [1, 0])
  })
})
