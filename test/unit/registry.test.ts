import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import Sqlite from 'better-sqlite3'
import { functionName } from '../../src/core/functions/function-name.ts'
import type { FunctionChange, FunctionSpec } from '../../src/core/functions/function-spec.ts'
import { adminPassword, passwordFile } from '../../src/registry/admin-password.ts'
import { Database } from '../../src/registry/database.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'
import { FunctionStore } from '../../src/registry/function-store.ts'
import { NamespaceStore } from '../../src/registry/namespace-store.ts'

const figlet = functionName('figlet')

function spec(image: string): FunctionSpec {
  return {
    name: figlet,
    image,
    envProcess: '',
    envVars: {},
    constraints: [],
    secrets: [],
    labels: {},
    annotations: {},
    readOnlyRootFilesystem: false,
  }
}

function change(image: string, more: Partial<FunctionChange> = {}): FunctionChange {
  return {
    spec: spec(image),
    body: `{"image":"${image}"}`,
    replicas: 1,
    artifact: null,
    nowMs: 1_000,
    ...more,
  }
}

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sampan-registry-'))
})
const open: Database[] = []
afterEach(() => {
  for (const db of open.splice(0)) db.close()
  rmSync(dir, { recursive: true })
})

/** A registry that the test leaves open: closed behind it. */
function inMemory(): Database {
  const db = Database.open(':memory:')
  open.push(db)
  return db
}

const path = () => join(dir, 'registry.db')

/** Everything stored, read by a fresh process of the mind. */
function reopened<T>(look: (db: Database) => T): T {
  const db = Database.open(path())
  try {
    return look(db)
  } finally {
    db.close()
  }
}

/** Connections past our own code; kept for the reason that `KEPT` in `registry/database.ts` gives. */
const kept: Sqlite.Database[] = []

/** Changes the file of the registry as another program would. */
function tamper(sql: string): void {
  const raw = new Sqlite(path())
  kept.push(raw)
  raw.exec(sql)
  raw.close()
}

describe('FunctionStore', () => {
  it('finds after a restart what was deployed, scaled and pinned', () => {
    reopened((db) => {
      const store = new FunctionStore(db)
      const { revision } = store.insert(change('one'))
      store.setReplicas(figlet, 4)
      store.setArtifact(figlet, revision, 'sha256:aa')
    })

    const found = reopened((db) => new FunctionStore(db).get(figlet))

    assert.equal(found?.replicas, 4)
    assert.equal(found?.artifact, 'sha256:aa')
    assert.deepEqual(found?.spec, spec('one'))
  })

  it('knows after a restart which functions rest, and says nothing of the others', () => {
    const first = Database.open(path())
    const store = new FunctionStore(first)
    const before = store.insert(change('one'))
    assert.equal('isResting' in before, false)
    assert.equal(store.setResting(figlet, false), before)
    store.setResting(figlet, true)
    const updated = store.replace(change('two'))
    first.close()

    const again = Database.open(path())
    open.push(again)
    const found = new FunctionStore(again)
    assert.deepEqual(found.get(figlet), updated)
    assert.equal(updated.isResting, true)
    assert.deepEqual(Object.keys(found.setResting(figlet, false)).toSorted(), Object.keys(before).toSorted())
  })

  it('keeps the body byte for byte', () => {
    const body = '{ "service":"figlet",\n"image" : "one", "unknown": [1] }'
    const kept = reopened((db) => {
      new FunctionStore(db).insert(change('one', { body }))
      return db.get('SELECT body FROM function')
    })

    assert.equal(kept?.['body'], body)
  })

  it('keeps what it has when a name is stored that is taken', () => {
    const store = new FunctionStore(inMemory())
    store.insert(change('one'))

    assert.throws(() => store.insert(change('two')), { message: /UNIQUE/ })
    assert.equal(store.get(figlet)?.spec.image, 'one')
  })

  it('keeps the first deploy time over an update, and begins a new revision', () => {
    const store = new FunctionStore(inMemory())
    const first = store.insert(change('one', { nowMs: 1_000 }))
    const second = store.replace(change('two', { nowMs: 2_000 }))

    assert.equal(second.createdAtMs, 1_000)
    assert.equal(second.updatedAtMs, 2_000)
    assert.ok(second.revision > first.revision)
  })

  it('never uses a revision twice, not even after a removal and a restart', () => {
    const first = reopened((db) => {
      const store = new FunctionStore(db)
      const { revision } = store.insert(change('one'))
      store.remove(figlet)
      return revision
    })
    const second = reopened((db) => new FunctionStore(db).insert(change('one')).revision)

    assert.ok(second > first)
  })

  it('FunctionStore does not pin an artifact to a revision that has been replaced', () => {
    const store = new FunctionStore(inMemory())
    const old = store.insert(change('one'))
    store.replace(change('two'))

    assert.equal(store.setArtifact(figlet, old.revision, 'sha256:old'), undefined)
    assert.equal(store.get(figlet)?.artifact, null)
  })

  it('changes no function that does not exist', () => {
    const store = new FunctionStore(inMemory())

    assert.throws(() => store.replace(change('one')), /no row of function figlet/)
    assert.throws(() => store.setReplicas(figlet, 1), /no row of function figlet/)
    assert.deepEqual(store.all(), [])
  })

  it('shows nothing of a deploy that the disk refused', () => {
    const db = inMemory()
    const store = new FunctionStore(db)
    db.run(`CREATE TRIGGER full BEFORE INSERT ON function BEGIN SELECT RAISE(ABORT, 'no'); END`)

    assert.throws(() => store.insert(change('one')), { message: 'no' })
    assert.equal(store.get(figlet), undefined)
  })
})

describe('NamespaceStore', () => {
  const alpha = { name: 'alpha', labels: {}, annotations: { a: 'b' } }

  it('finds after a restart what was created and changed', () => {
    reopened((db) => {
      const store = new NamespaceStore(db)
      assert.equal(store.insert(alpha, 5), true)
      assert.equal(store.replace({ ...alpha, labels: { c: 'd' } }), true)
    })

    const found = reopened((db) => new NamespaceStore(db).get('alpha'))

    assert.deepEqual(found, { ...alpha, labels: { c: 'd' } })
  })

  it('tells existing from missing', () => {
    const store = new NamespaceStore(inMemory())

    assert.equal(store.get('alpha'), undefined)
    assert.equal(store.replace(alpha), false)
    assert.equal(store.insert(alpha, 5), true)
    assert.equal(store.insert(alpha, 6), false)
    store.remove('alpha')
    assert.equal(store.has('alpha'), false)
  })
})

describe('opening the registry', () => {
  /** Opens what must not open, and hands back the sentence; the file must come out as it went in. */
  function refusal(): string {
    const before = readFileSync(path())
    let message = ''
    assert.throws(
      () => Database.open(path()),
      (error: unknown) => {
        assert.ok(error instanceof RegistryError)
        message = error.message
        return true
      },
    )
    assert.deepEqual(readFileSync(path()), before)
    return message
  }

  it('refuses a file that is no database', () => {
    writeFileSync(path(), 'this is a diary, not a database. '.repeat(200))

    assert.match(refusal(), /is damaged .* left as it is/)
  })

  it('refuses a database with damaged pages', () => {
    reopened((db) => {
      const store = new FunctionStore(db)
      store.insert(change('x'.repeat(60_000)))
    })
    const bytes = readFileSync(path())
    bytes.fill(0xff, 5_000, 30_000)
    writeFileSync(path(), bytes)

    assert.match(refusal(), /is damaged/)
  })

  it('refuses a registry of a newer program', () => {
    reopened((db) => new FunctionStore(db).insert(change('one')))
    tamper('PRAGMA user_version = 999')

    assert.match(refusal(), /newer Sampan .*999/)
  })

  it("refuses another program's database", () => {
    tamper('CREATE TABLE recipes (dish TEXT)')

    assert.match(refusal(), /another program/)
  })

  it('refuses a registry that another process holds', () => {
    const first = Database.open(path())
    try {
      assert.throws(() => Database.open(path()), /in use by another process/)
    } finally {
      first.close()
    }
  })
})

describe('the admin password', () => {
  it('the admin password is made once, kept, and readable by its owner alone', () => {
    const made = adminPassword(dir)

    assert.ok(made.length >= 32)
    assert.equal(adminPassword(dir), made)
    assert.equal(statSync(passwordFile(dir)).mode & 0o777, 0o600)
  })

  it('the admin password may be written by hand', () => {
    writeFileSync(passwordFile(dir), ' secret \n')

    assert.equal(adminPassword(dir), 'secret')
  })

  it('the admin password is not empty', () => {
    writeFileSync(passwordFile(dir), '\n')

    assert.throws(() => adminPassword(dir), /is empty/)
  })
})
