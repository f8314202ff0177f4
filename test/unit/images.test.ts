import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deferred } from '../../src/clock.ts'
import { hasCode, messageOf } from '../../src/core/errors.ts'
import type { ImageFacts } from '../../src/provider/docker/engine/answers.ts'
import { Images } from '../../src/provider/docker/images/images.ts'
import { pullPolicyOf } from '../../src/provider/docker/images/pull-policy.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { FakeImageEngine, imageFacts } from '../fakes/fake-image-engine.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const LOCAL = imageFacts('1')
const REMOTE = imageFacts('2')
const never = new AbortController().signal

function setUp() {
  const engine = new FakeImageEngine()
  const clock = new FakeClock()
  const log = new RecordingLog()
  return { engine, clock, log, images: new Images({ engine, clock, log, dockerConfigDir: null }) }
}

const hang = (_pull: unknown, signal: AbortSignal): Promise<ImageFacts> =>
  new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

describe('the pull rule', () => {
  it('takes the image of the registry although the engine has an older one', async () => {
    const { engine, images } = setUp()
    engine.images.set('me/fn:1', LOCAL)
    engine.registry = async () => REMOTE

    assert.equal((await images.resolve('me/fn:1', never)).id, REMOTE.id)
  })

  it('asks for the tag latest when none is named, never for every tag', async () => {
    const { engine, images } = setUp()
    engine.registry = async () => REMOTE

    await images.resolve('me/fn', never)

    assert.deepEqual(
      engine.pulls.map(({ ref }) => ref),
      ['me/fn:latest'],
    )
  })

  for (const words of [
    'Get "https://r.test/v2/": dial tcp: lookup r.test: no such host',
    "pull access denied for me/fn, repository does not exist or may require 'docker login': denied",
    'manifest for me/fn:1 not found: manifest unknown: manifest unknown',
    'toomanyrequests: You have reached your pull rate limit',
  ]) {
    it(`uses the image of this host, and logs it, after: ${words.slice(0, 40)}`, async () => {
      const { engine, images, log } = setUp()
      engine.images.set('me/fn:1', LOCAL)
      engine.registry = () => Promise.reject(new Error(words))

      assert.equal((await images.resolve('me/fn:1', never)).id, LOCAL.id)
      assert.deepEqual(log.messages('info'), ['image not pulled, using the one on this host'])
    })
  }

  for (const [words, reason] of [
    ['manifest unknown: manifest unknown', /registry has no such image/],
    ['unauthorized: authentication required', /credentials.*docker login/],
    ['dial tcp 192.0.2.1:443: i/o timeout', /registry cannot be reached/],
    ['no matching manifest for linux/arm64/v8 in the manifest list entries', /not for this kind of machine/],
  ] as const) {
    it(`says that neither has it, and why, after: ${words}`, async () => {
      const { engine, images } = setUp()
      engine.registry = () => Promise.reject(new Error(words))

      await assert.rejects(images.resolve('me/fn:1', never), (error) => {
        assert.ok(hasCode(error, 'invalid'))
        assert.match(messageOf(error), /"me\/fn:1"/)
        assert.match(messageOf(error), reason)
        return true
      })
    })
  }

  it('blames a full disk on the host, not on the caller', async () => {
    const { engine, images } = setUp()
    engine.registry = () => Promise.reject(new Error('write /var/lib/x: no space left on device'))

    await assert.rejects(images.resolve('me/fn:1', never), (error) => hasCode(error, 'unavailable'))
  })

  it('says unavailable when the engine is away', async () => {
    const { engine, images } = setUp()
    engine.isAway = true

    await assert.rejects(images.resolve('me/fn:1', never), (error) => hasCode(error, 'unavailable'))
  })

  it('never pulls a digest or an image id that the engine has', async () => {
    const { engine, images } = setUp()
    const digest = `me/fn@sha256:${'a'.repeat(64)}`
    for (const name of [digest, LOCAL.id, LOCAL.id.slice(7), LOCAL.id.slice(7, 19)])
      engine.images.set(name, LOCAL)

    for (const ref of [
      digest,
      `me/fn:tag@sha256:${'a'.repeat(64)}`,
      LOCAL.id,
      LOCAL.id.slice(7),
      LOCAL.id.slice(7, 19),
    ]) {
      assert.equal((await images.resolve(ref, never)).id, LOCAL.id)
    }
    assert.equal(engine.pulls.length, 0)
  })

  it('knows an unknown image id to be in no registry', async () => {
    const { engine, images } = setUp()

    await assert.rejects(images.resolve(`sha256:${'f'.repeat(64)}`, never), (error) =>
      hasCode(error, 'invalid'),
    )
    assert.equal(engine.pulls.length, 0)
  })

  it('refuses what is no image reference', async () => {
    const { images } = setUp()

    for (const bad of [
      '',
      'BAD',
      'a b',
      'x:',
      ':x',
      'a//b',
      '../x',
      'x@sha256:1',
      'x?y=1',
      `a${'b'.repeat(600)}`,
    ]) {
      await assert.rejects(images.resolve(bad, never), (error) => hasCode(error, 'invalid'), bad)
    }
  })

  it('follows the policy of the deployment', async () => {
    const { engine, images } = setUp()
    engine.images.set('me/fn:1', LOCAL)

    assert.equal((await images.resolve('me/fn:1', never, 'missing')).id, LOCAL.id)
    assert.equal((await images.resolve('me/fn:1', never, 'never')).id, LOCAL.id)
    assert.equal(engine.pulls.length, 0)
    await assert.rejects(images.resolve('me/fn:2', never, 'never'), (error) => hasCode(error, 'invalid'))
    assert.equal(engine.pulls.length, 0)
    await assert.rejects(images.resolve('me/fn:1', never, 'always'), (error) => hasCode(error, 'invalid'))
  })
})

describe('a pull under way', () => {
  it('a pull under way is one for all who ask', async () => {
    const { engine, images } = setUp()
    const answer = deferred<ImageFacts>()
    engine.registry = () => answer.promise

    const waiting = Array.from({ length: 20 }, () => images.resolve('me/fn:1', new AbortController().signal))
    answer.resolve(REMOTE)

    assert.equal(new Set((await Promise.all(waiting)).map(({ id }) => id)).size, 1)
    assert.equal(engine.pulls.length, 1)
  })

  it('goes on when a caller leaves', async () => {
    const { engine, images } = setUp()
    const answer = deferred<ImageFacts>()
    engine.registry = () => answer.promise
    const leaving = new AbortController()

    const first = images.resolve('me/fn:1', leaving.signal)
    leaving.abort()
    await assert.rejects(first, (error) => hasCode(error, 'cancelled'))
    const second = images.resolve('me/fn:1', never)
    answer.resolve(REMOTE)

    assert.equal((await second).id, REMOTE.id)
    assert.equal(engine.pulls.length, 1)
  })

  it('a pull under way is given up after five seconds of silence when this host has the image', async () => {
    const { engine, images, clock } = setUp()
    engine.images.set('me/fn:1', LOCAL)
    engine.registry = hang

    const resolving = images.resolve('me/fn:1', never)
    await clock.advance(5_000)

    assert.equal((await resolving).id, LOCAL.id)
    assert.equal(clock.waiting, 0)
  })

  it('a pull under way is not given up while it makes progress', async () => {
    const { engine, images, clock } = setUp()
    const answer = deferred<ImageFacts>()
    engine.images.set('me/fn:1', LOCAL)
    engine.registry = (pull) => {
      clock.after(4_000, () => pull.onProgress?.())
      return answer.promise
    }

    const resolving = images.resolve('me/fn:1', never)
    await clock.advance(60_000)
    answer.resolve(REMOTE)

    assert.equal((await resolving).id, REMOTE.id)
  })

  it('a pull under way is given up when the daemon stops', async () => {
    const { engine, images, clock } = setUp()
    engine.registry = hang

    const resolving = images.resolve('me/fn:1', never)
    const failed = assert.rejects(resolving, /the daemon stops/)
    await clock.advance(1)
    await images.stop()
    await failed

    assert.equal(clock.waiting, 0)
  })
})

describe('a registry that could not be reached', () => {
  it('a registry that could not be reached is not asked again for half a minute when this host has the image', async () => {
    const { engine, images, clock } = setUp()
    engine.images.set('r.test/a:1', LOCAL)
    engine.images.set('r.test/b:1', LOCAL)

    await images.resolve('r.test/a:1', never)
    await images.resolve('r.test/b:1', never)
    assert.equal(engine.pulls.length, 1)

    await clock.advance(30_000)
    await images.resolve('r.test/b:1', never)
    assert.equal(engine.pulls.length, 2)
  })

  it('a registry that could not be reached is asked again soon when this host has no such image', async () => {
    const { engine, images, clock } = setUp()

    await assert.rejects(images.resolve('r.test/a:1', never))
    await assert.rejects(images.resolve('r.test/a:1', never))
    assert.equal(engine.pulls.length, 1)

    await clock.advance(5_000)
    engine.registry = async () => REMOTE
    assert.equal((await images.resolve('r.test/a:1', never)).id, REMOTE.id)
  })
})

describe('the pull annotation', () => {
  it('the pull annotation is one of the policies, or refused', () => {
    assert.equal(pullPolicyOf({}), 'auto')
    assert.equal(pullPolicyOf({ 'com.sampan.pull': 'missing' }), 'missing')
    assert.throws(
      () => pullPolicyOf({ 'com.sampan.pull': 'sometimes' }),
      /com\.sampan\.pull.*always, missing, never/,
    )
  })
})
