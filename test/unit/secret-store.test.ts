import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { Database } from '../../src/registry/database.ts'
import { keyFile, openSeal } from '../../src/registry/secret-seal.ts'
import { SecretStore } from '../../src/registry/secret-store.ts'

const NAMESPACE = 'openfaas-fn'
const token = { name: 'token', namespace: NAMESPACE }
const VALUE = Buffer.from('correct horse\n battery\0staple')

let dir = ''
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sampan-secret-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

function withStore<T>(look: (store: SecretStore, db: Database) => T): T {
  const db = Database.open(join(dir, 'registry.db'))
  try {
    return look(new SecretStore(db, openSeal(dir, SecretStore.holdsValues(db))), db)
  } finally {
    db.close()
  }
}

describe('SecretStore', () => {
  it('gives back after a restart the very bytes it was given', () => {
    withStore((store) => store.insert(token, VALUE, 1))

    assert.deepEqual(
      withStore((store) => store.value(NAMESPACE, 'token')),
      VALUE,
    )
  })

  it('leaves no plain byte of a value in any file of the data folder', () => {
    withStore((store) => {
      store.insert(token, VALUE, 1)
      for (const file of readdirSync(dir))
        assert.equal(readFileSync(join(dir, file)).includes('battery'), false, file)
    })

    for (const file of readdirSync(dir))
      assert.equal(readFileSync(join(dir, file)).includes('battery'), false, file)
  })

  it('keeps its key readable by its owner alone', () => {
    withStore((store) => store.insert(token, VALUE, 1))

    assert.equal(statSync(keyFile(dir)).mode & 0o777, 0o600)
  })

  it('lists names and no values', () => {
    withStore((store) => {
      store.insert(token, VALUE, 1)

      assert.deepEqual(store.list(NAMESPACE), [token])
      assert.deepEqual(store.list('elsewhere'), [])
    })
  })

  it('tells existing from missing', () => {
    withStore((store) => {
      assert.equal(store.replace(token, VALUE, 1), false)
      assert.equal(store.remove(token), false)
      assert.equal(store.insert(token, VALUE, 1), true)
      assert.equal(store.insert(token, Buffer.from('other'), 1), false)
      assert.deepEqual(store.value(NAMESPACE, 'token'), VALUE)
      assert.equal(store.replace(token, Buffer.from('new'), 2), true)
      assert.equal(store.value(NAMESPACE, 'token')?.toString(), 'new')
      assert.equal(store.remove(token), true)
      assert.equal(store.value(NAMESPACE, 'token'), undefined)
    })
  })

  it('SecretStore does not open a value that was moved to another name', () => {
    withStore((store, db) => {
      store.insert(token, VALUE, 1)
      db.run(`UPDATE secret SET name = 'other'`)

      assert.throws(() => store.value(NAMESPACE, 'other'))
    })
  })

  it('SecretStore does not start with a new key while old values are sealed', () => {
    withStore((store) => store.insert(token, VALUE, 1))
    rmSync(keyFile(dir))

    assert.throws(() => withStore(() => undefined), /is missing, but the registry holds secrets/)
  })
})
