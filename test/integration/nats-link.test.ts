import assert from 'node:assert/strict'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { NatsSession } from '../../src/queue/nats/session.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { JOBS, ownLink, serversIn, sessionOf, temporaryFolder } from '../fixtures/nats.ts'

async function messagesIn(session: NatsSession, stream = 'JOBS'): Promise<number> {
  return (await session.jsm.streams.info(stream)).state.messages
}

describe('a link to a server of our own', () => {
  it('starts at once and has a session with every stream when the server is ready', async () => {
    await using folder = await temporaryFolder()
    await using link = ownLink(folder.path)
    link.start()
    assert.equal(link.session, null)
    assert.notEqual(link.status().reason, '')

    const session = await sessionOf(link)

    const { config } = await session.jsm.streams.info('JOBS')
    assert.equal(config.retention, 'workqueue')
    assert.equal(config.max_consumers, JOBS.maxConsumers)
    assert.equal((await session.js.publish('jobs.a', 'x')).seq, 1)
    const { isUp, isOwn, reason, version, warnings } = link.status()
    assert.deepEqual({ isUp, isOwn, reason, warnings }, { isUp: true, isOwn: true, reason: '', warnings: [] })
    assert.match(version, /^2\.14\./)
    await eventually(() => link.status().rttMs !== undefined)
  })

  it('keeps configuration and password for this user, inside the folder', async () => {
    await using folder = await temporaryFolder()
    await using link = ownLink(join(folder.path, 'a "b" $HOME #c'))
    link.start()
    await sessionOf(link)

    const place = join(folder.path, 'a "b" $HOME #c')
    assert.equal((await stat(place)).mode & 0o777, 0o700)
    for (const name of ['nats.conf', 'password'])
      assert.equal((await stat(join(place, name))).mode & 0o777, 0o600)
    assert.ok((await stat(join(place, 'store/jetstream'))).isDirectory())
    assert.ok((await readFile(join(place, 'nats.conf'), 'utf8')).includes('127.0.0.1:-1'))
  })

  it('ends the server when it stops, and leaves none behind', async () => {
    await using folder = await temporaryFolder()
    const link = ownLink(folder.path)
    const seen: (NatsSession | null)[] = []
    link.watch((session) => seen.push(session))
    link.start()
    const session = await sessionOf(link)
    void session.js.publish('jobs.a', 'written last').catch(() => {})

    await Promise.all([link.stop(), link.stop()])

    assert.deepEqual(await serversIn(folder.path), [])
    assert.deepEqual(seen, [session, null])
    assert.equal(link.status().isUp, false)
    await using next = ownLink(folder.path)
    next.start()
    assert.equal(await messagesIn(await sessionOf(next)), 1)
  })

  it('starts a killed server again, with a new session and all that was answered', async () => {
    await using folder = await temporaryFolder()
    await using link = ownLink(folder.path)
    link.start()
    const first = await sessionOf(link)
    await Promise.all(Array.from({ length: 50 }, (_, i) => first.js.publish('jobs.a', `${i}`)))
    const [pid = 0] = await serversIn(folder.path)

    process.kill(pid, 'SIGKILL')

    const second = await sessionOf(link, first)
    assert.equal(await messagesIn(second), 50)
    assert.equal(second.hadWriteError, false)
    const { reconnects, restarts } = link.status()
    assert.deepEqual([reconnects, restarts.exit], [1, 1])
    await assert.rejects(first.js.publish('jobs.a', 'on the old one'))
  })

  it('stops while the server starts', async () => {
    await using folder = await temporaryFolder()
    const link = ownLink(folder.path)
    link.start()
    await eventually(async () => (await serversIn(folder.path)).length > 0)

    await link.stop()

    assert.deepEqual(await serversIn(folder.path), [])
  })

  it('lets two folders have a server each', async () => {
    await using folder = await temporaryFolder()
    await using one = ownLink(join(folder.path, 'one'))
    await using two = ownLink(join(folder.path, 'two'))
    one.start()
    two.start()
    const [first, second] = await Promise.all([sessionOf(one), sessionOf(two)])

    await first.js.publish('jobs.a', 'x')

    assert.deepEqual(await Promise.all([messagesIn(first), messagesIn(second)]), [1, 0])
    await one.stop()
    assert.equal(two.session, second)
    assert.equal(await messagesIn(second), 0)
  })

  it('makes a stream again that somebody deleted, in a new session', async () => {
    await using folder = await temporaryFolder()
    const log = new RecordingLog()
    await using link = ownLink(folder.path, { log })
    link.start()
    const first = await sessionOf(link)

    await first.jsm.streams.delete('JOBS')

    const second = await sessionOf(link, first)
    assert.equal(await messagesIn(second), 0)
    assert.match(JSON.stringify(log.named('nats lost')), /the stream JOBS is gone/)
  })

  it('mends what may be mended on our own server', async () => {
    await using folder = await temporaryFolder()
    const log = new RecordingLog()
    await using link = ownLink(folder.path, { log })
    link.start()
    const first = await sessionOf(link)
    const { config } = await first.jsm.streams.info('JOBS')

    await first.jsm.streams.update('JOBS', { ...config, discard: 'old', max_age: 3_600e9, max_msgs: 5 })

    const second = await sessionOf(link, first)
    const { config: mended } = await second.jsm.streams.info('JOBS')
    assert.deepEqual([mended.discard, mended.max_age, mended.max_msgs], ['new', 0, JOBS.maxMsgs])
    assert.equal(log.named('stream settings mended').length, 1)
  })

  it('starts a server anew that does not answer any more', async () => {
    await using folder = await temporaryFolder()
    const times = { lookMs: 60_000, pingMs: 100, dialLimitMs: 200 }
    await using link = ownLink(folder.path, { times })
    link.start()
    const first = await sessionOf(link)
    await first.js.publish('jobs.a', 'x')
    const [pid = 0] = await serversIn(folder.path)

    process.kill(pid, 'SIGSTOP')

    const second = await sessionOf(link, first)
    assert.equal(await messagesIn(second), 1)
    assert.deepEqual(link.status().restarts, { exit: 0, write_error: 0, unresponsive: 1 })
    assert.deepEqual((await serversIn(folder.path)).length, 1)
  })
})
