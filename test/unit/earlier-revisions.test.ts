import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { FunctionChange } from '../../src/core/functions/function-spec.ts'
import { Database } from '../../src/registry/database.ts'
import { FunctionStore } from '../../src/registry/function-store.ts'
import { MIGRATIONS, REGISTRY_SCHEMA } from '../../src/registry/migrations.ts'
import { deployed } from '../fixtures/deployed.ts'

const hello = functionName('hello')
let dir = ''
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'sampan-good-'))))
afterEach(() => rmSync(dir, { recursive: true }))

function revision(image: string, more: Partial<FunctionChange> = {}): FunctionChange {
  const { spec } = deployed({ spec: { image } })
  return { spec, body: '{}', replicas: 1, artifact: null, nowMs: 1_000, ...more }
}

/** What the next start of the daemon would see. */
function reopened<T>(look: (db: Database) => T): T {
  const db = Database.open(join(dir, 'registry.db'))
  try {
    return look(db)
  } finally {
    db.close()
  }
}

describe('the last good revision', () => {
  it('finds after a restart what is to serve until the newest revision was ready', () => {
    reopened((db) => {
      const store = new FunctionStore(db)
      store.prove(hello, store.insert(revision('one', { artifact: 'sha256:one' })).revision)
      store.replace(revision('two'))
      store.replace(revision('three'))
    })

    const found = reopened((db) => new FunctionStore(db).get(hello))

    assert.deepEqual(
      [found?.spec.image, found?.lastGood?.spec.image, found?.lastGood?.artifact],
      ['three', 'one', 'sha256:one'],
    )
  })

  it('does not fall back any more once the newest revision was ready, and remembers that after a restart', () => {
    const proved = reopened((db) => {
      const store = new FunctionStore(db)
      store.prove(hello, store.insert(revision('one')).revision)
      return store.prove(hello, store.replace(revision('two')).revision)
    })
    const later = reopened((db) => {
      const store = new FunctionStore(db)
      assert.equal(store.get(hello)?.lastGood, undefined)
      assert.equal(store.get(hello)?.isProved, true)
      assert.equal(store.prove(hello, proved?.revision ?? 0), undefined, 'that was known')
      return store.replace(revision('three'))
    })
    assert.equal(later.isProved, undefined)

    assert.equal(proved?.lastGood, undefined)
    assert.equal(later.lastGood?.spec.image, 'two')
  })

  it('counts as a user of its secrets until the newest revision was ready', () => {
    const store = new FunctionStore(Database.open(':memory:'))
    const { spec } = deployed({ spec: { secrets: ['key'] } })
    const users = () => store.usersOfSecret('openfaas-fn', 'key')
    store.prove(hello, store.insert({ ...revision('one'), spec }).revision)
    assert.deepEqual(users(), ['hello'])

    const { revision: newest } = store.replace(revision('two'))
    assert.deepEqual(users(), ['hello (by its revision 1, until a newer one was ready)'])

    store.prove(hello, newest)
    assert.deepEqual(users(), [])
  })

  it('has nothing to fall back to when no revision was ever ready, or when another one took its place', () => {
    const store = new FunctionStore(Database.open(':memory:'))
    const first = store.insert(revision('one'))
    const second = store.replace(revision('two'))

    assert.equal(store.prove(hello, first.revision), undefined)
    assert.deepEqual([second.lastGood, store.replace(revision('three')).lastGood], [undefined, undefined])
  })
})

describe('the earlier revisions', () => {
  it('are the nine before the newest, newest first, over a restart', () => {
    reopened((db) => {
      const store = new FunctionStore(db)
      store.insert(revision('image 1'))
      for (let update = 2; update <= 13; update += 1) store.replace(revision(`image ${update}`))
    })

    const images = reopened((db) => new FunctionStore(db).earlier(hello).map(({ spec }) => spec.image))

    assert.deepEqual(
      images,
      [12, 11, 10, 9, 8, 7, 6, 5, 4].map((update) => `image ${update}`),
    )
  })

  it('begin with the one that served, in a registry that kept only that one', () => {
    const path = join(dir, 'registry.db')
    const old = Database.open(path, () => {}, { ...REGISTRY_SCHEMA, migrations: MIGRATIONS.slice(0, 5) })
    const spec = (image: string): string => JSON.stringify(revision(image).spec)
    old.run(
      `INSERT INTO function (namespace, name, body, spec, replicas, revision, created_at, updated_at)
      VALUES ('openfaas-fn', 'hello', '{}', ?, 1, 9, 5, 6)`,
      spec('newest'),
    )
    old.run(`INSERT INTO proof VALUES ('openfaas-fn', 'hello', 4)`)
    old.run(
      `INSERT INTO last_good (namespace, name, spec, revision, artifact)
      VALUES ('openfaas-fn', 'hello', ?, 4, 'sha256:good')`,
      spec('good'),
    )
    old.close()

    const { fn, earlier } = reopened((db) => {
      const store = new FunctionStore(db)
      return { fn: store.get(hello), earlier: store.earlier(hello) }
    })

    assert.deepEqual(fn?.lastGood, { spec: revision('good').spec, revision: 4, artifact: 'sha256:good' })
    assert.deepEqual(
      earlier.map(({ spec: kept, revision: number, wasReady, deployedAtMs }) => {
        return [kept.image, number, wasReady, deployedAtMs]
      }),
      [['good', 4, true, 5]],
    )
  })

  it('have all that is known of each: what was deployed, when, whether it was ready, what kept it from that', () => {
    const store = new FunctionStore(Database.open(':memory:'))
    const body = '{"Image":"one"}'
    store.prove(hello, store.insert(revision('one', { body, artifact: 'sha256:one', nowMs: 7 })).revision)
    store.replace(revision('two', { nowMs: 8 }))
    store.replace(revision('three', { nowMs: 9, reason: 'it exited with code 1' }))

    const [second, first, ...more] = store.earlier(hello)

    assert.deepEqual(more, [])
    const expected = {
      revision: 1,
      artifact: 'sha256:one',
      body,
      deployedAtMs: 7,
      wasReady: true,
      reason: '',
    }
    assert.deepEqual(first, { ...expected, spec: revision('one').spec })
    assert.equal(second?.reason, 'it exited with code 1')
    assert.deepEqual([second.wasReady, second.deployedAtMs], [false, 8])
  })

  it('are not those of `sampan dev`, however many there were, so that the one before can be returned to', () => {
    const store = new FunctionStore(Database.open(':memory:'))
    const dev = (image: string): FunctionChange => {
      const { spec } = deployed({ spec: { image, annotations: { 'com.sampan.dev': '/app' } } })
      return { ...revision(image), spec }
    }
    store.prove(hello, store.insert(revision('before')).revision)
    for (let at = 0; at < 15; at += 1) store.prove(hello, store.replace(dev(`dev${at}`)).revision)

    const kept = store.earlier(hello).map(({ spec }) => spec.image)

    // The last but one serves until the newest is ready.
    assert.deepEqual(kept, ['dev13', 'before'])
    store.prove(hello, store.replace(revision('after')).revision)
    store.replace(revision('later'))
    assert.deepEqual(
      store.earlier(hello).map(({ spec }) => spec.image),
      ['after', 'before'],
    )
  })
})
