import assert from 'node:assert/strict'
import { rm, truncate, writeFile, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'node:test'
import type { NatsLink } from '../../src/queue/nats/link.ts'
import type { NatsSession } from '../../src/queue/nats/session.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import {
  DEAD,
  JOBS,
  isRoot,
  ownLink,
  reasonOf,
  serversIn,
  sessionOf,
  smallDisk,
  temporaryFolder,
} from '../fixtures/nats.ts'

/** Above what is free, so that the disk gives out first. */
const WIDE = [{ ...JOBS, maxBytes: 30_000_000 }, DEAD]

/** Publishes until an answer is missing; resolves with how many were answered. */
async function publishUntilSilent(session: NatsSession, link: NatsLink): Promise<number> {
  for (let answered = 0; ; answered += 1) {
    try {
      await session.js.publish('jobs.a', 'x'.repeat(20_000), { timeout: 500, retries: 0 })
    } catch {
      link.suspectWrites()
      return answered
    }
  }
}

/** Leaves room for nothing but a little. */
async function fill(folder: string): Promise<string> {
  const ballast = join(folder, 'ballast')
  const { bavail, bsize } = await statfs(folder)
  await writeFile(ballast, Buffer.alloc(Math.max(0, bavail * bsize - 200_000), 1))
  return ballast
}

it('heals after a full disk: a failed write ends the session, room starts the server anew, once (F4t)', async (t) => {
  if (!isRoot) return t.skip('a disk of its own needs root')
  await using folder = await temporaryFolder()
  await using _disk = await smallDisk(folder.path, '8m')
  const log = new RecordingLog()
  const reserve = { bytes: 500_000, share: 0 }
  // The looks alone must not find it: whoever publishes says so.
  const times = { lookMs: 60_000 }
  await using link = ownLink(join(folder.path, 'queue'), {
    log,
    reserve,
    times,
    streams: WIDE,
    maxFileStoreBytes: 60_000_000,
  })
  link.start()
  const first = await sessionOf(link)
  await first.js.publish('jobs.a', 'before')
  assert.equal(link.diskReason(), '')
  const ballast = await fill(folder.path)
  await eventually(() => /left, and .* are kept/.test(link.diskReason()), 5_000, 'the guard sees it')

  const answered = await publishUntilSilent(first, link)

  const reason = await reasonOf(link, /write of nats-server to its disk failed .* when there is room/)
  assert.match(reason, /make room/)
  assert.equal(link.session, null)
  assert.equal(link.status().restarts.write_error, 0)

  await truncate(ballast)
  await rm(ballast)

  const second = await sessionOf(link, first)
  assert.equal(second.hadWriteError, true)
  assert.equal(link.status().restarts.write_error, 1)
  assert.equal((await second.jsm.streams.info('JOBS')).state.messages, 1 + answered)
  await second.js.publish('jobs.a', 'after')
  await eventually(() => link.diskReason() === '')
})

it('finds a failed write by itself', async (t) => {
  if (!isRoot) return t.skip('a disk of its own needs root')
  await using folder = await temporaryFolder()
  await using _disk = await smallDisk(folder.path, '8m')
  await using link = ownLink(join(folder.path, 'queue'), { streams: WIDE, maxFileStoreBytes: 60_000_000 })
  link.start()
  const first = await sessionOf(link)
  const ballast = await fill(folder.path)
  for (let i = 0; i < 20; i += 1) first.nc.publish('jobs.a', 'x'.repeat(20_000))

  await eventually(() => link.status().restarts.write_error > 0, 20_000, 'the server is started anew')

  await rm(ballast)
  const second = await sessionOf(link, first)
  await second.js.publish('jobs.a', 'after')
})

it('says that the disk is full when the server cannot even begin', async (t) => {
  if (!isRoot) return t.skip('a disk of its own needs root')
  await using folder = await temporaryFolder()
  await using _disk = await smallDisk(folder.path, '1m')
  const ballast = join(folder.path, 'ballast')
  await writeFile(ballast, Buffer.alloc(2_000_000)).catch(() => {})
  await using link = ownLink(join(folder.path, 'queue'))
  link.start()

  await reasonOf(link, /no space left|disk .* full/i)

  await rm(ballast)
  await sessionOf(link)
})

it('says that the disk is full when the server cannot even tell its ports', async (t) => {
  if (!isRoot) return t.skip('a disk of its own needs root')
  await using folder = await temporaryFolder()
  await using _disk = await smallDisk(folder.path, '8m')
  const queue = join(folder.path, 'queue')
  const before = ownLink(queue)
  before.start()
  await (await sessionOf(before)).js.publish('jobs.a', 'x')
  await before.stop()
  const ballast = join(folder.path, 'ballast')
  await writeFile(ballast, Buffer.alloc(10_000_000)).catch(() => {})

  await using link = ownLink(queue)
  link.start()

  await reasonOf(link, /could not say where it listens.*no space left.*make room/)
  assert.ok((await serversIn(folder.path)).length <= 1)
  await rm(ballast)
  const { jsm } = await sessionOf(link)
  assert.equal((await jsm.streams.info('JOBS')).state.messages, 1)
})
