import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { BuildService, type BuildServiceOptions, type BuildStatus } from '../../src/builds/build-service.ts'
import { BuiltImages } from '../../src/builds/built-images.ts'
import { deferred, whenAborted } from '../../src/clock.ts'
import { hasCode } from '../../src/core/errors.ts'
import type {
  BuildNews,
  BuildOrder,
  BuiltImage,
  ImageBuilder,
} from '../../src/core/provider/image-builder.ts'
import { eventually } from '../fakes/eventually.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { payload } from '../fixtures/build-payload.ts'

/** Builds when it is told to. */
class FakeBuilder implements ImageBuilder {
  architecture = 'amd64'
  images: BuiltImage[] = []
  readonly held = new Set<string>()
  readonly orders: BuildOrder[] = []
  gate: Promise<unknown> = Promise.resolve()

  async *build(order: BuildOrder, signal: AbortSignal): AsyncIterable<BuildNews> {
    this.orders.push(order)
    yield { kind: 'log', text: 'begun' }
    await Promise.race([this.gate, whenAborted(signal)])
    signal.throwIfAborted()
    yield { kind: 'built', id: `sha256:${order.image}` }
  }
  builtImages = () => Promise.resolve(this.images)
  removeImage = (id: string) => {
    if (this.held.has(id)) return Promise.resolve(false)
    this.images = this.images.filter((image) => image.id !== id)
    return Promise.resolve(true)
  }
}

describe('building images', () => {
  let dataDir: string
  let builder: FakeBuilder
  let clock: FakeClock

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sampan-builds-'))
    builder = new FakeBuilder()
    clock = new FakeClock()
  })
  afterEach(() => rm(dataDir, { recursive: true, force: true }))

  const service = (change: Partial<BuildServiceOptions> = {}): BuildService => {
    const made = new BuildService({
      builder,
      dataDir,
      inUse: () => new Set(),
      payloadSecret: null,
      contextBytes: 2 ** 20,
      mostAtOnce: 2,
      timeoutMs: 1_000,
      network: 'bridge',
      highBytes: 100,
      lowBytes: 50,
      clock,
      log: new RecordingLog(),
      ...change,
    })
    made.start()
    return made
  }
  const begin = (builds: BuildService, image: string, options = {}) =>
    builds.begin(once(payload(image, 'FROM a', options)), {
      signature: null,
      signal: new AbortController().signal,
    })

  it('tells of the progress, the end and the id, and leaves no context behind', async () => {
    const { image, progress } = await begin(service(), 'me/fn:1')

    assert.equal(image, 'me/fn:1')
    assert.deepEqual(await all(progress), [
      { log: ['begun'], image, status: 'in_progress' },
      { log: [], image, status: 'success', id: 'sha256:me/fn:1' },
    ])
    assert.deepEqual(await readdir(join(dataDir, 'builds/contexts')), [])
  })

  it('one of an image at a time, whatever the tag; others beside it, up to the limit', async () => {
    const builds = service()
    const gate = deferred<void>()
    builder.gate = gate.promise
    const first = await begin(builds, 'me/fn:1')
    await assert.rejects(begin(builds, 'me/fn:2'), (error) => hasCode(error, 'conflict'))
    const other = await begin(builds, 'me/other')
    await assert.rejects(begin(builds, 'third'), (error) => hasCode(error, 'too-busy'))

    gate.resolve()
    await Promise.all([all(first.progress), all(other.progress)])
    assert.equal((await all((await begin(builds, 'me/fn:2')).progress)).at(-1)?.status, 'success')
  })

  it('a build that takes too long, and one when the daemon stops, fail with the reason', async () => {
    for (const [end, words] of [
      [(): void => void clock.advance(1_001), /longer than 1 s \(SAMPAN_BUILD_TIMEOUT\)/],
      [(builds: BuildService): void => builds.stop(), /the gateway stops/],
    ] as const) {
      builder.gate = new Promise(() => undefined)
      const builds = service()
      const { progress } = await begin(builds, 'slow')
      const lines = all(progress)
      end(builds)
      assert.match((await lines).at(-1)?.error ?? '', words)
    }
  })

  it('a client that reads nothing holds its place no longer than a build may take', async () => {
    const builds = service({ mostAtOnce: 1 })
    const { progress } = await begin(builds, 'fn')
    const reader = progress[Symbol.asyncIterator]()
    await reader.next()

    await clock.advance(1_001)
    await clock.advance(5_001)

    await eventually(async () => (await readdir(join(dataDir, 'builds/contexts'))).length === 0)
    assert.equal((await reader.next()).done, true)
    assert.equal((await all((await begin(builds, 'fn')).progress)).at(-1)?.status, 'success')
  })

  it('a client that leaves before it reads anything frees the name', async () => {
    const builds = service()
    const { progress } = await begin(builds, 'fn')
    await progress[Symbol.asyncIterator]().return?.()

    await all((await begin(builds, 'fn')).progress)
  })

  it('refuses another platform than the one of this host', async () => {
    const platforms = ['linux/amd64', 'linux/arm64']
    await assert.rejects(begin(service(), 'fn', { platforms }), /this host, which is linux\/amd64/)
  })

  it('the key for secrets is made once, and nobody else reads it', async () => {
    const { public_key: key } = service().publicKey
    assert.equal(service().publicKey.public_key, key)
    assert.equal((await stat(join(dataDir, 'build.key'))).mode & 0o777, 0o600)
    await assert.rejects(
      begin(service(), 'fn', { secrets: 'version: v1\nalgorithm: nacl/box\n' }),
      /com.openfaas.secrets/,
    )
  })

  it('one whose image is made has succeeded, even when nobody can note it down', async () => {
    const builds = service()
    await mkdir(join(dataDir, 'builds/images.json'))
    const found = await all((await begin(builds, 'fn')).progress)
    assert.equal(found.at(-1)?.status, 'success')
  })

  it('what an earlier life left is removed at the start', async () => {
    service()
    await writeFile(join(dataDir, 'builds/contexts/left'), 'x')
    service()
    assert.deepEqual(await readdir(join(dataDir, 'builds/contexts')), [])
  })

  describe('that nothing uses any more', () => {
    const image = (id: string): BuiltImage => ({ id, tags: [`${id}:1`], bytes: 40 })
    const book = (inUse: readonly string[] = []) =>
      new BuiltImages({
        folder: join(dataDir, 'book'),
        builder,
        inUse: () => new Set(inUse),
        highBytes: 100,
        lowBytes: 50,
        clock,
        log: new RecordingLog(),
      })

    it('go above the high mark, the oldest first, down to the low one', async () => {
      const images = book(['used', 'by-name:1'])
      for (const id of ['used', 'by-name', 'a', 'b', 'c']) {
        images.note(id)
        await clock.advance(1_000)
      }
      builder.images = ['c', 'b', 'a', 'used', 'by-name'].map(image)
      await images.tidy()
      assert.equal(builder.images.length, 5, 'within their hour')

      await clock.advance(3_600_000)
      await images.tidy()
      assert.deepEqual(
        builder.images.map(({ id }) => id),
        ['c', 'used', 'by-name'],
      )
    })

    it('stay while a container has them, and are never somebody else’s', async () => {
      const images = book()
      images.note('ours')
      await clock.advance(4_000_000)
      builder.images = ['ours', 'made-from-ours-1', 'made-from-ours-2'].map(image)
      builder.held.add('ours')
      await images.tidy()
      assert.equal(builder.images.length, 3)
      assert.deepEqual(Object.keys(JSON.parse(await readFile(join(dataDir, 'book/images.json'), 'utf8'))), [
        'ours',
      ])
    })
  })
})

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes
}

async function all(progress: AsyncIterable<BuildStatus>): Promise<readonly BuildStatus[]> {
  const found: BuildStatus[] = []
  for await (const line of progress) found.push(line)
  return found
}
