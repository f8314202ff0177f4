import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'
import { judgeVersion } from '../../src/queue/nats/nats-binary.ts'
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
it('says that a stream was made by a newer server', async (t) => {
  if (newer === undefined || older === undefined) return t.skip('needs NATS_VERSIONS with a 2.12 and a 2.15')
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
