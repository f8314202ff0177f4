import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { judgeVersion } from '../../src/queue/nats/nats-binary.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import {
  BUILT_SERVER,
  ForeignServer,
  foreignLink,
  ownLink,
  reasonOf,
  serversIn,
  sessionOf,
  temporaryFolder,
} from '../fixtures/nats.ts'
import { QueueRig } from '../fixtures/queue-rig.ts'

// On our own version, and on those of NATS_VERSIONS, which `scripts/nats-versions-test.sh` builds.

interface Candidate {
  readonly version: string
  readonly program: string
}

/** The script that builds it says which it is. */
const [, pinned = ''] = /^PINNED=(.+)$/m.exec(readFileSync('scripts/build-nats.sh', 'utf8')) ?? []
const OURS: Candidate = { version: pinned, program: BUILT_SERVER }
const OTHERS = (process.env['NATS_VERSIONS'] ?? '')
  .split(/\s+/)
  .filter((version) => version !== '')
  .map((version): Candidate => ({ version, program: resolve('.build/nats', version, 'nats-server') }))

for (const { version, program } of [OURS, ...OTHERS]) {
  const { use } = judgeVersion(version, 'it')
  describe(`nats-server ${version}, ${use}`, () => {
    if (use === 'refused') {
      it('is neither started nor spoken to', async () => {
        await using folder = await temporaryFolder()
        await using own = ownLink(join(folder.path, 'own'), { serverPath: program })
        own.start()
        await reasonOf(own, /too old for queues/)
        assert.deepEqual(await serversIn(folder.path), [])
        await using server = await ForeignServer.start(folder.path, '', program)
        await using foreign = foreignLink({ url: server.url })
        foreign.start()
        await reasonOf(foreign, /the server at 127\.0\.0\.1:\d+ is nats-server 2\.9\.\d+, which is too old/)
      })
      return
    }

    it('is started, killed and started again, and has what was answered', async () => {
      await using folder = await temporaryFolder()
      await using link = ownLink(join(folder.path, 'a "b" $HOME #c'), { serverPath: program })
      link.start()
      const first = await sessionOf(link)
      assert.equal(link.status().version, version)
      assert.equal(link.status().warnings.length, use === 'warned' ? 1 : 0)
      await Promise.all(Array.from({ length: 20 }, (_, i) => first.js.publish('jobs.a', `${i}`)))
      for (const pid of await serversIn(folder.path)) process.kill(pid, 'SIGKILL')

      const second = await sessionOf(link, first)
      assert.equal((await second.jsm.streams.info('JOBS')).state.messages, 20)
      await link.stop()
      assert.deepEqual(await serversIn(folder.path), [])
    })

    it('has the queue on it: calls run, are tried again, put off over a kill, cancelled, given up and replayed (A40)', async () => {
      await using rig = await QueueRig.start({ serverPath: program })
      let isMended = false
      rig.fn('echo', ({ body }) => ({ body }))
      rig.fn('broken', () => (isMended ? {} : { status: 500 }))
      const large = await rig.call('echo', { body: Buffer.alloc(300_000, 7) })
      const later = await rig.call('echo', { headers: ['X-Async-Delay', '2s'] })
      const dead = await rig.call('broken', { headers: ['X-Callback-Url', 'http://caller/'] })
      const { id } = await rig.ended(dead)
      await rig.queue.admin.pause('faas-request')
      const waiting = await rig.call('echo')
      const before = await sessionOf(rig.link)
      for (const pid of await serversIn(rig.folder)) process.kill(pid, 'SIGKILL')
      await sessionOf(rig.link, before)
      await rig.queue.cancel(waiting)
      await rig.queue.admin.resume('faas-request')
      isMended = true
      await rig.queue.parts.deadLetters.replay(id)

      const states = await Promise.all(
        [large, later, dead].map(async (call) => (await rig.ended(call, 20_000)).state),
      )
      await eventually(() => rig.callbacks.length === 2)
      assert.deepEqual(states, ['succeeded', 'succeeded', 'succeeded'])
      assert.deepEqual(
        [rig.row(waiting).state, rig.callbacks.map(({ status }) => status)],
        ['cancelled', [500, 200]],
      )
    })

    it("is spoken to as somebody else's, and its settings are compared as ours are", async () => {
      await using folder = await temporaryFolder()
      await using server = await ForeignServer.start(folder.path, '', program)
      const log = new RecordingLog()
      await using link = foreignLink({ url: server.url }, log)
      link.start()
      const first = await sessionOf(link)
      const { config } = await first.jsm.streams.info('JOBS')
      const changed = { ...config, max_msgs: 7, max_bytes: 70_000 }
      await first.jsm.streams.update('JOBS', changed)

      const second = await sessionOf(link, first)
      const { config: mended } = await second.jsm.streams.info('JOBS')
      assert.deepEqual([mended.max_msgs, mended.max_bytes], [config.max_msgs, config.max_bytes])
      assert.equal(log.named('stream settings mended').length, 1)
    })
  })
}

const newer = OTHERS.find(({ version }) => version.startsWith('2.15.'))
const older = OTHERS.find(({ version }) => version.startsWith('2.12.'))
if (newer !== undefined && older !== undefined) tellsOfNewerStreams(older, newer)

function tellsOfNewerStreams(older: Candidate, newer: Candidate): void {
  it('a stream that was made by a newer server is said to be so', async () => {
    await using folder = await temporaryFolder()
    const link = ownLink(folder.path, { serverPath: newer.program })
    link.start()
    const { jsm, nc } = await sessionOf(link)
    const { config } = await jsm.streams.info('JOBS')
    await nc.request('$JS.API.STREAM.UPDATE.JOBS', JSON.stringify({ ...config, allow_batched: true }))
    await link.stop()

    await using back = ownLink(folder.path, { serverPath: older.program })
    back.start()
    await reasonOf(back, /the stream JOBS was made or changed by a newer nats-server/)
  })
}
