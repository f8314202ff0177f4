import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Clock, systemClock } from '../../src/clock.ts'
import { functionName, nameOf } from '../../src/core/functions/function-name.ts'
import { MOST_REPLICA_BYTES, NewestLines } from '../../src/logs/archive-file.ts'
import { LogArchive, type LogToKeep } from '../../src/logs/archive.ts'
import { at } from '../fakes/fake-log-engine.ts'
import { figlet } from '../fakes/log-bench.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const A = 'a'.repeat(64)
const DAY_MS = 24 * 3_600_000

let base: string
let count = 0

before(async () => {
  base = await mkdtemp(join(tmpdir(), 'log-archive-'))
})
after(() => rm(base, { recursive: true }))

function setUp() {
  count += 1
  const dir = join(base, String(count))
  const log = new RecordingLog()
  return {
    dir,
    log,
    folder: join(dir, 'openfaas-fn', 'figlet'),
    archive: new LogArchive({ dir, log, clock: systemClock }),
  }
}

function whole(...texts: readonly string[]): LogToKeep {
  const lines = new NewestLines(MOST_REPLICA_BYTES)
  for (const [number, text] of texts.entries()) lines.push([{ timestamp: at(number), instance: 'x', text }])
  return { lines, isWhole: true }
}

async function textsOf(archive: LogArchive): Promise<string[]> {
  const texts: string[] = []
  for (const log of await archive.list(figlet)) {
    for await (const batch of archive.read(log)) texts.push(...batch.map(({ text }) => text))
  }
  return texts
}

describe('the log archive', () => {
  it('gives back what it was given, after a restart too', async () => {
    const { dir, log, archive } = setUp()
    const texts = ['one', '', '{"a":"\\n"}', 'u\u2028v', '☃', 'x'.repeat(200_000)]

    assert.equal(await archive.save(figlet, A, whole(...texts)), true)
    const again = new LogArchive({ dir, log, clock: systemClock })

    assert.deepEqual(await textsOf(again), texts)
    const [kept] = await again.list(figlet)
    assert.deepEqual([kept?.id, kept?.from, kept?.to, kept?.lines], [A, at(0), at(5), 6])
  })

  it('the log archive is for the eyes of the daemon only', async () => {
    const { folder, archive } = setUp()
    await archive.save(figlet, A, whole('one'))

    assert.equal((await stat(folder)).mode & 0o777, 0o700)
    assert.equal((await stat(join(folder, `${A}.ndjson`))).mode & 0o777, 0o600)
  })

  it('keeps the newest MiB of a replica', async () => {
    const { folder, archive } = setUp()
    const texts = Array.from({ length: 300 }, (_, number) => `${number} ${'x'.repeat(10_000)}`)

    await archive.save(figlet, A, whole(...texts))

    assert.ok((await stat(join(folder, `${A}.ndjson`))).size <= 1024 * 1024)
    assert.equal((await textsOf(archive)).at(-1), texts.at(-1))
  })

  it('keeps eight MiB of a function, the newest replicas', async () => {
    const { archive } = setUp()
    for (let replica = 0; replica < 12; replica += 1) {
      await archive.save(
        figlet,
        `r${replica}`,
        whole(...Array.from({ length: 100 }, () => 'x'.repeat(10_000))),
      )
    }

    const ids = (await archive.list(figlet)).map(({ id }) => id)

    assert.equal(ids.length, 8)
    assert.ok(ids.includes('r11'))
  })

  it('writes no file for a replica that said nothing', async () => {
    const { dir, archive } = setUp()
    await archive.save(figlet, A, whole())

    await assert.rejects(readdir(dir), { code: 'ENOENT' })
  })

  it('removes what is older than a week, half files and empty folders', async () => {
    const { dir, folder, archive } = setUp()
    await archive.save(figlet, A, whole('old'))
    await writeFile(join(folder, 'half.ndjson.part'), 'x')
    const then = new Date(Date.now() - 8 * DAY_MS)
    for (const name of await readdir(folder)) await utimes(join(folder, name), then, then)
    await mkdir(join(dir, 'openfaas-fn', 'empty'))

    await archive.start()
    await archive.stop()

    assert.deepEqual(await readdir(join(dir, 'openfaas-fn')), [])
  })

  it('leaves out what is damaged', async () => {
    const { folder, archive } = setUp()
    await archive.save(figlet, A, whole('one', 'two'))
    const file = join(folder, `${A}.ndjson`)
    await writeFile(file, (await readFile(file, 'utf8')).replace('"one"]', '"one'))
    await writeFile(join(folder, 'bad.ndjson'), '{"version":1}\n')
    await writeFile(join(folder, 'worse.ndjson'), Buffer.from([0, 1, 2, 255]))

    assert.deepEqual(await textsOf(archive), ['two'])
  })

  it('warns and goes on when it cannot write', async () => {
    const { dir, log, archive } = setUp()
    await writeFile(dir, 'a file where the folder should be')

    assert.equal(await archive.save(figlet, A, whole('one')), false)
    assert.deepEqual(log.messages('warn'), ['logs of a replica not kept'])
    assert.deepEqual(await archive.list(figlet), [])
  })

  it('lets a part of a log take no place but an empty one', async () => {
    const { archive } = setUp()
    const part = { ...whole('one'), isWhole: false }

    assert.equal(await archive.save(figlet, A, part), true)
    assert.deepEqual(await textsOf(archive), ['one'])
    await archive.save(figlet, A, whole('one', 'two', 'three'))
    assert.equal(await archive.save(figlet, A, { ...whole('one', 'two'), isWhole: false }), true)

    assert.deepEqual(await textsOf(archive), ['one', 'two', 'three'])
  })

  it('lets a part take the place of what cannot be read', async () => {
    const { folder, archive } = setUp()
    await archive.save(figlet, A, whole('one', 'two'))
    await writeFile(join(folder, `${A}.ndjson`), '{"version":1')

    await archive.save(figlet, A, { ...whole('one'), isWhole: false })

    assert.deepEqual(await textsOf(archive), ['one'])
  })

  it('refuses an id that is no file name', async () => {
    const { archive } = setUp()

    assert.equal(await archive.save(figlet, '../../evil', whole('one')), false)
  })

  it('keeps no more of all functions together than its limit, and the newest of that', async () => {
    const { dir, log } = setUp()
    const archive = new LogArchive({ dir, log, clock: systemClock, mostBytes: 100_000 })
    const names = ['one', 'two', 'three', 'four'].map((name) => functionName(name))
    for (const [number, name] of names.entries()) {
      await archive.save(name, A, whole('x'.repeat(40_000)))
      const then = new Date(Date.now() - (10 - number) * 1_000)
      await utimes(join(dir, 'openfaas-fn', nameOf(name), `${A}.ndjson`), then, then)
    }

    await archive.sweep()

    const kept = await Promise.all(names.map(async (name) => (await archive.list(name)).length))
    assert.deepEqual(kept, [0, 0, 1, 1])
  })

  for (const years of [-2, 2])
    it(`case 42: keeps what was written while the clock of the machine was ${years} years off, when it is set right`, async () => {
      const { dir, log } = setUp()
      const clock = new SettableClock()
      const earlier = new LogArchive({ dir, log, clock })
      await earlier.save(figlet, 'b'.repeat(64), whole('before'))
      clock.offMs = years * 365 * DAY_MS
      const archive = new LogArchive({ dir, log, clock })
      await archive.sweep()
      await archive.save(figlet, A, whole('while it was wrong'))
      const then = new Date(clock.wall())
      await utimes(join(dir, 'openfaas-fn', 'figlet', `${A}.ndjson`), then, then)
      if (years < 0) {
        await archive.sweep()
        assert.equal((await archive.list(figlet)).length, 2)
      }

      clock.offMs = 0
      await archive.sweep()

      assert.ok((await textsOf(archive)).includes('while it was wrong'))
      if (years < 0) assert.equal((await archive.list(figlet)).length, 2)
    })
})

/** The machine's clock, which a test sets; time goes on steadily all the same. */
class SettableClock implements Clock {
  offMs = 0

  now(): number {
    return systemClock.now()
  }

  wall(): number {
    return systemClock.wall() + this.offMs
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms, signal)
  }

  timeout(ms: number): AbortSignal {
    return systemClock.timeout(ms)
  }

  after(ms: number, action: () => void): () => void {
    return systemClock.after(ms, action)
  }
}
