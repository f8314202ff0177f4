import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { functionName } from '../../src/core/functions/function-name.ts'
import { Database } from '../../src/registry/database.ts'
import { InvocationStore } from '../../src/registry/invocation-store.ts'

const figlet = functionName('figlet')
const FULL = { synchronous: 2 }

let db: Database
beforeEach(() => {
  db = Database.open(':memory:')
  db.run(
    `INSERT INTO function (namespace, name, body, spec, replicas, revision, created_at, updated_at)
     VALUES ('openfaas-fn', 'figlet', '{}', '{}', 1, 1, 0, 0)`,
  )
})
afterEach(() => db.close())

describe('the stored counts of calls', () => {
  it('the stored counts of calls are totals, of functions that exist', () => {
    const store = new InvocationStore(db)

    store.save(
      new Map([
        [figlet, 7],
        [functionName('gone'), 8],
      ]),
    )
    store.save(new Map([[figlet, 9]]))

    assert.deepEqual([...store.load()], [[figlet, 9]])
  })

  it('begin anew with a function that was removed', () => {
    const store = new InvocationStore(db)
    store.save(new Map([[figlet, 7]]))

    db.run(`DELETE FROM function WHERE name = 'figlet'`)

    assert.deepEqual([...store.load()], [])
  })

  it('wait for no disk, and what else is written does, also after one that failed', () => {
    let within: unknown
    db.relaxed(() => (within = db.get('PRAGMA synchronous')))
    assert.deepEqual(within, { synchronous: 1 })
    assert.deepEqual(db.get('PRAGMA synchronous'), FULL)

    assert.throws(() =>
      db.relaxed(() => {
        new InvocationStore(db).save(new Map([[figlet, 5]]))
      }),
    )
    assert.deepEqual(db.get('PRAGMA synchronous'), FULL)
  })
})
