import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { functionName } from '../../src/core/function-name.ts'
import type { FunctionChange } from '../../src/core/function-spec.ts'
import { Database } from '../../src/registry/database.ts'
import { FunctionStore } from '../../src/registry/function-store.ts'
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

  it('forgets what served before once the newest revision was ready, and remembers that after a restart', () => {
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
