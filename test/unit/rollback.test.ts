import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import type { FunctionControl } from '../../src/control/function-control.ts'
import { FaasError } from '../../src/core/errors.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { FunctionSpec } from '../../src/core/functions/function-spec.ts'
import { Database } from '../../src/registry/database.ts'
import { FunctionStore } from '../../src/registry/function-store.ts'
import { FakeProvider } from '../fakes/fake-provider.ts'
import { makeControl } from '../fakes/make-control.ts'
import { deployed } from '../fixtures/deployed.ts'

const hello = functionName('hello')

function spec(image: string, more: Partial<FunctionSpec> = {}): FunctionSpec {
  return deployed({ spec: { image, ...more } }).spec
}

let provider = new FakeProvider()
let store = new FunctionStore(Database.open(':memory:'))
let control: FunctionControl

/** Deployed by `update` and seen to take calls. */
async function inService(wanted: FunctionSpec): Promise<number> {
  const isNew = control.get(hello) === undefined
  await (isNew ? control.deploy(wanted, '{}') : control.update(wanted, '{}'))
  const { revision } = control.existing(hello)
  store.prove(hello, revision)
  return revision
}

function failing(revision: number, reason: string): void {
  const newest = { state: 'failing', reason, lastWords: ['secret words'], revision, serving: null } as const
  provider.conditions.set(hello, newest)
}

beforeEach(() => {
  provider = new FakeProvider()
  store = new FunctionStore(Database.open(':memory:'))
  control = makeControl({ provider, store })
})

describe('a rollback', () => {
  it('is a new revision with the spec and the very image of the last good one, and the count stays', async () => {
    const good = spec('one', { envVars: { MODE: 'a' } })
    const first = await inService(good)
    await control.update(spec('two'), '{}')
    await control.scale(hello, 3)
    // The name means another image by now.
    provider.prepare = async () => 'sha256:moved'

    await control.rollback(hello)

    const fn = control.existing(hello)
    assert.deepEqual([fn.spec, fn.artifact, fn.replicas], [good, 'sha256:one', 3])
    assert.ok(fn.revision > first + 1)
    assert.equal(provider.applied.at(-1)?.revision, fn.revision)
    assert.equal(fn.lastGood?.revision, first, 'it serves until the new one is ready')
  })

  it('goes to the good one before the newest when the newest is good, and to any that is named', async () => {
    await inService(spec('one'))
    await inService(spec('two'))
    await inService(spec('three'))

    await control.rollback(hello)
    assert.equal(control.existing(hello).spec.image, 'two')
    await control.rollback(hello, 1)
    assert.equal(control.existing(hello).spec.image, 'one')
  })

  it('is refused, and changes nothing, when a secret of that time is gone, the number is not known, or nothing is', async () => {
    let missing: string | undefined
    control = makeControl({ provider, store, missingSecret: () => missing })
    await assert.rejects(control.rollback(hello), { code: 'not-found' })
    await inService(spec('one', { secrets: ['token'] }))
    await assert.rejects(control.rollback(hello), { code: 'invalid', message: /^revision: none before 1/ })
    const newest = await inService(spec('two'))
    missing = 'token'

    await assert.rejects(control.rollback(hello), { code: 'invalid', message: /^secrets: "token"/ })
    await assert.rejects(control.rollback(hello, newest), { message: /^revision: 2 is the newest already/ })
    await assert.rejects(control.rollback(hello, 77), { message: /^revision: 77 is not kept/ })
    assert.equal(control.existing(hello).revision, newest)
  })

  it('says so when the image that the revision ran on is gone, and the name means another one now', async () => {
    await inService(spec('one'))
    await inService(spec('two'))
    provider.artifacts.delete('sha256:one')
    provider.prepare = async () => 'sha256:moved'

    const remarks = await control.rollback(hello, 1)

    assert.deepEqual(remarks, [
      'image: one is what this name means now: the one that revision 1 ran on is not on this host any more',
    ])
    assert.equal(control.existing(hello).artifact, 'sha256:moved')
    provider.artifacts.delete('sha256:two')
    provider.prepare = async () => 'sha256:two'
    assert.deepEqual(await control.rollback(hello, 2), [], 'the very same was fetched')
    provider.prepare = async () => Promise.reject(new FaasError('invalid', 'image: "one" is not available'))
    await assert.rejects(control.rollback(hello, 1), { code: 'invalid', message: /^image: / })
  })

  it('does not bring back a function that was removed while its image was looked for', async () => {
    await inService(spec('one'))
    await inService(spec('two'))
    const rolling = control.rollback(hello)
    await control.remove(hello)

    await assert.rejects(rolling, { code: 'not-found' })
    assert.equal(control.get(hello), undefined)
  })

  it('fetches the image of a revision that was replaced before that was done', async () => {
    store.insert({ spec: spec('slow'), body: '{}', replicas: 1, artifact: null, nowMs: 1 })
    await control.update(spec('two'), '{}')

    await control.rollback(hello, 1)
    await new Promise((resolve) => setImmediate(resolve))

    assert.equal(control.existing(hello).artifact, 'sha256:slow')
  })
})

describe('the revisions of a function', () => {
  it('have the reason that the status gave when a revision was replaced, and not its last words', async () => {
    await inService(spec('one'))
    await control.update(spec('two'), '{}')
    failing(2, 'it exited with code 1')
    await control.update(spec('three'), '{}')
    provider.conditions.delete(hello)

    const listed = control.revisions(hello)

    assert.deepEqual(
      listed.map(({ revision, image, state, reason }) => [revision, image, state, reason]),
      [
        [3, 'three', 'serving', ''],
        [2, 'two', 'failed', 'it exited with code 1'],
        [1, 'one', 'good', ''],
      ],
    )
    assert.doesNotMatch(JSON.stringify(store.earlier(hello)), /secret words/)
  })

  it('can be erased, but for the one that may serve', async () => {
    await inService(spec('one'))
    await inService(spec('two'))
    await control.update(spec('three'), '{}')

    control.eraseRevisions(hello)

    assert.deepEqual(
      control
        .revisions(hello)
        .slice(1)
        .map(({ image }) => image),
      ['two'],
    )
    assert.throws(() => control.eraseRevisions(functionName('other')), { code: 'not-found' })
  })
})
