import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { type Clock, systemClock } from '../../src/clock.ts'
import { hasCode, messageOf } from '../../src/core/errors.ts'
import { Engine } from '../../src/provider/docker/engine/engine.ts'
import { Images } from '../../src/provider/docker/images/images.ts'
import { eventually } from '../fakes/eventually.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { docker, plainImage } from '../fixtures/docker-cli.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { REGISTRY_PASSWORD, REGISTRY_USER, registrySkip, TestRegistry } from '../fixtures/docker-registry.ts'

const skip = (await skipWithoutDocker()) || (await registrySkip())
const NAME = `sampan-test-images-${process.pid}`

describe('images of a real registry and engine', { skip }, () => {
  let registry: TestRegistry
  let engine: Engine
  let configDir: string
  let silent: Server
  /** A reference that both have, with the id of what is newest. */
  let pushed: string
  let pushedId: string
  const made: string[] = []

  before(async () => {
    registry = await TestRegistry.start()
    engine = new Engine({ dockerHost: null, clock: systemClock })
    await engine.connect()
    configDir = await mkdtemp(join(tmpdir(), 'docker-config-'))
    const auth = Buffer.from(`${REGISTRY_USER}:${REGISTRY_PASSWORD}`).toString('base64')
    await writeFile(
      join(configDir, 'config.json'),
      JSON.stringify({ auths: { [registry.address]: { auth } } }),
    )

    pushed = await make(
      `${registry.address}/me/fn:1`,
      'ENV VERSION=new',
      'USER 1000',
      'ENTRYPOINT ["/bin/sh"]',
    )
    pushedId = await docker('inspect', '--format={{.Id}}', pushed)
    await docker('--config', configDir, 'push', pushed)
    silent = createServer(() => {}).listen(0, '127.0.0.1')
    await once(silent, 'listening')
  })

  after(async () => {
    engine.close()
    silent.close()
    await registry.stop()
    await rm(configDir, { recursive: true })
    await docker('rmi', '--force', ...new Set(made))
    assert.doesNotMatch(
      await docker('images', '--format={{.Repository}}'),
      new RegExp(`${registry.address}|${NAME}`),
    )
  })

  async function make(name: string, ...changes: readonly string[]): Promise<string> {
    const tag = await plainImage(NAME, ...changes)
    await docker('tag', tag, name)
    // By id: an image whose names have moved on would stay for ever.
    made.push(await docker('inspect', '--format={{.Id}}', name))
    return name
  }

  function setUp(dockerConfigDir: string | null = configDir, clock: Clock = systemClock) {
    const log = new RecordingLog()
    const images = new Images({ engine, clock, log, dockerConfigDir })
    return { log, resolve: (ref: string) => images.resolve(ref, new AbortController().signal) }
  }

  it('images of a real registry and engine are pulled with the credentials of the config file, and known in full', async () => {
    await docker('rmi', '--force', pushed)

    const facts = await setUp().resolve(pushed)

    assert.equal(facts.id, pushedId)
    assert.equal(facts.os, 'linux')
    assert.equal(facts.user, '1000')
    assert.deepEqual(facts.entrypoint, ['/bin/sh'])
    assert.ok(facts.env.includes('VERSION=new'))
  })

  it('images of a real registry and engine are replaced by what the registry has now', async () => {
    await make(pushed, 'ENV VERSION=old')

    assert.equal((await setUp().resolve(pushed)).id, pushedId)
  })

  it('images of a real registry and engine are asked of no registry when a digest names what the engine has', async () => {
    const { log, resolve } = setUp(null)
    const [digest = ''] = (await docker('inspect', '--format={{join .RepoDigests " "}}', pushed)).split(' ')

    assert.equal((await resolve(digest)).id, pushedId)
    assert.equal((await resolve(pushedId)).id, pushedId)
    assert.deepEqual(log.lines, [])
  })

  it('images of a real registry and engine of this host are used when the registry asks for credentials', async () => {
    const { log, resolve } = setUp(null)

    assert.equal((await resolve(pushed)).id, pushedId)
    assert.equal(log.lines[0]?.fields['why'], 'denied')
  })

  for (const [what, tag, withCredentials, reason] of [
    ['a tag is unknown', 'me/fn:2', true, /has no such image/],
    ['a repository is unknown', 'you/fn:1', true, /has no such image/],
    ['credentials are missing', 'you/fn:1', false, /docker login/],
  ] as const) {
    it(`images of a real registry and engine are refused with the reason when ${what}`, async () => {
      const { resolve } = setUp(withCredentials ? configDir : null)

      await assert.rejects(resolve(`${registry.address}/${tag}`), (error) => {
        assert.ok(hasCode(error, 'invalid'), messageOf(error))
        assert.match(messageOf(error), reason)
        return true
      })
    })
  }

  it('images of a real registry and engine are refused with the reason when nothing listens', async () => {
    await assert.rejects(setUp().resolve('127.0.0.1:1/me/fn:1'), (error) => {
      assert.ok(hasCode(error, 'invalid'))
      assert.match(messageOf(error), /cannot be reached.*connection refused/)
      return true
    })
  })

  it('images of a real registry and engine of this host are used at once when the registry is off', async () => {
    const { log, resolve } = setUp(configDir, new FakeClock())
    const ref = await make(`127.0.0.1:1/${NAME}:1`)

    await resolve(ref)

    assert.deepEqual(log.messages('info'), ['image not pulled, using the one on this host'])
  })

  it('images of a real registry and engine of this host are used after five seconds when the registry hangs, and at once from then on', async () => {
    const clock = new FakeClock()
    const { resolve } = setUp(configDir, clock)
    const address = silent.address()
    const host = `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`
    const first = await make(`${host}/${NAME}:1`)
    const second = await make(`${host}/${NAME}:2`)
    let isAnswered = false
    const answer = resolve(first).then(() => (isAnswered = true))
    await eventually(() => clock.waiting > 0)

    await clock.advance(4_999)
    assert.equal(isAnswered, false)
    await clock.advance(1)
    await answer
    // The clock stands still.
    await resolve(second)
  })

  it('images that were built here win over any of the same unqualified name, until they are pushed under it', async () => {
    const { log, resolve } = setUp()
    const built = await plainImage(NAME, 'ENV VERSION=here')
    made.push(await docker('inspect', '--format={{.Id}}', built))

    const facts = await resolve(built)

    assert.ok(facts.env.includes('VERSION=here'))
    assert.deepEqual(log.messages('info'), ['local image used: built on this host and never pushed'])
    // What the registry has given a name of its own is known by that name, and not by another one.
    await docker('tag', pushed, `${NAME}:pulled`)
    assert.equal((await resolve(`${NAME}:pulled`)).id, pushedId)
    assert.equal(log.lines.length, 2)
  })

  it('images of a real registry and engine of an engine that is away are unavailable', async () => {
    const away = new Engine({ dockerHost: 'unix:///nowhere/docker.sock', clock: systemClock })
    const images = new Images({
      engine: away,
      clock: systemClock,
      log: new RecordingLog(),
      dockerConfigDir: null,
    })

    await assert.rejects(images.resolve('me/fn:1', new AbortController().signal), (error) =>
      hasCode(error, 'unavailable'),
    )
    away.close()
  })
})
