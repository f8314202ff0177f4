import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ImageFacts } from '../../src/provider/docker/engine/answers.ts'
import { Images } from '../../src/provider/docker/images/images.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { FakeImageEngine, imageFacts } from '../fakes/fake-image-engine.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const REMOTE = imageFacts('2')
const never = new AbortController().signal

describe('an image that was built on this host and never pushed', () => {
  const BUILT: ImageFacts = { ...imageFacts('3'), repoDigests: [] }
  const setUpBuilt = (ref: string, facts = BUILT) => {
    const engine = new FakeImageEngine()
    engine.images.set(ref, facts)
    engine.registry = async () => REMOTE
    const log = new RecordingLog()
    return { engine, log, images: new Images({ engine, clock: new FakeClock(), log, dockerConfigDir: null }) }
  }

  it('wins over one of a registry that the name does not mention', async () => {
    const { engine, images, log } = setUpBuilt('hello:latest')

    assert.equal((await images.resolve('hello', never)).id, BUILT.id)
    assert.equal(engine.pulls.length, 0)
    assert.deepEqual(log.messages('info'), ['local image used: built on this host and never pushed'])
  })

  it('wins also when it carries the names that its base was pulled by', async () => {
    const facts = { ...BUILT, repoDigests: [`alpine@sha256:${'a'.repeat(64)}`] }

    assert.equal((await setUpBuilt('me/fn:1', facts).images.resolve('me/fn:1', never)).id, BUILT.id)
  })

  it('does not win when the deployment says otherwise', async () => {
    for (const policy of ['newest', 'always'] as const) {
      assert.equal((await setUpBuilt('me/fn:1').images.resolve('me/fn:1', never, policy)).id, REMOTE.id)
    }
  })

  it('does not win when the name says which registry it means', async () => {
    for (const ref of ['docker.io/me/fn:1', 'r.test/me/fn:1', 'localhost/me/fn:1']) {
      assert.equal((await setUpBuilt(ref).images.resolve(ref, never)).id, REMOTE.id)
    }
  })

  it('is told from one that was pulled or pushed, however the engine writes its name', async () => {
    for (const [ref, entry] of [
      ['me/fn:1', 'me/fn'],
      ['me/fn:1', 'docker.io/me/fn'],
      ['nginx:1', 'docker.io/library/nginx'],
      ['library/nginx:1', 'nginx'],
    ] as const) {
      const pulled = { ...BUILT, repoDigests: [`${entry}@sha256:${'a'.repeat(64)}`] }
      assert.equal((await setUpBuilt(ref, pulled).images.resolve(ref, never)).id, REMOTE.id, ref)
    }
  })
})
