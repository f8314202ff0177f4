import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { jsonLog } from '../../src/log.ts'
import { Database } from '../../src/registry/database.ts'
import { MIGRATIONS, REGISTRY_SCHEMA } from '../../src/registry/migrations.ts'
import { openRegistry } from '../../src/registry/registry.ts'
import { openSeal } from '../../src/registry/secret-seal.ts'

const LOG = jsonLog('error', () => undefined)

/**
 * The steps as they were released, by the beginnings of their SHA-256. A step that was released is never changed: who has
 * that version would not get the change. A new one is appended, here too.
 */
const RELEASED = [
  '70ee30e6398a03e5',
  '4c5be9836e22cd9d',
  'b490cf72d6d9d680',
  '44346573a824051a',
  '106600d4720c373b',
  '5dd80f94adb6b1bf',
]

let dir = ''
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'sampan-migrations-'))))
afterEach(() => rmSync(dir, { recursive: true }))

/** A registry as a release with that version left it: a function and a secret. */
function old(version: number): void {
  const schema = {
    ...REGISTRY_SCHEMA,
    migrations: MIGRATIONS.slice(0, version),
    touch: '',
    keepsCopies: false,
  }
  const db = Database.open(join(dir, 'registry.db'), undefined, schema)
  const spec = JSON.stringify({ name: 'old.openfaas-fn', image: 'old:1' })
  db.run(
    `INSERT INTO function (namespace, name, body, spec, replicas, revision, created_at, updated_at) VALUES ('openfaas-fn', 'old', '{}', ?, 1, 1, 1, 1)`,
    spec,
  )
  const value = openSeal(dir, false).seal('openfaas-fn/token', Buffer.from('sealed'))
  db.run(
    `INSERT INTO secret (namespace, name, value, updated_at) VALUES ('openfaas-fn', 'token', ?, 1)`,
    value,
  )
  db.close()
}

function copies(): readonly string[] {
  return readdirSync(dir)
    .filter((name) => name.startsWith('registry.db.'))
    .toSorted()
}

describe('a registry of an earlier release', () => {
  for (let version = 1; version < MIGRATIONS.length; version += 1)
    it(`case 34: of version ${version} is copied, migrated, and the copy is one that its release can use`, () => {
      old(version)

      const registry = openRegistry(dir, LOG)
      const names = registry.functions.all().map(({ spec }) => spec.name)
      const secret = registry.secrets.value('openfaas-fn', 'token')?.toString()
      registry.close()

      assert.deepEqual([names, secret], [['old.openfaas-fn'], 'sealed'])
      assert.deepEqual(copies(), [`registry.db.v${version}`])
      const path = join(dir, `registry.db.v${version}`)
      assert.equal(statSync(path).mode & 0o777, 0o600)
      const schema = { ...REGISTRY_SCHEMA, migrations: MIGRATIONS.slice(0, version), touch: '' }
      const copy = Database.open(path, undefined, schema)
      assert.equal(copy.get('PRAGMA user_version')?.['user_version'], version)
      assert.equal(copy.all('SELECT * FROM secret').length, 1)
      copy.close()
    })

  it('is not copied when nothing is migrated, and a new one is not', () => {
    for (let starts = 0; starts < 2; starts += 1) openRegistry(dir, LOG).close()

    assert.deepEqual(copies(), [])
  })

  it('keeps three copies, and a copy that was interrupted is made anew', () => {
    for (const version of [1, 2, 3, 4]) {
      old(version)
      const schema = { ...REGISTRY_SCHEMA, migrations: MIGRATIONS.slice(0, version + 1), touch: '' }
      Database.open(join(dir, 'registry.db.copying'), undefined, schema).close()
      Database.open(join(dir, 'registry.db'), undefined, schema).close()
      rmSync(join(dir, 'registry.db'))
    }

    assert.deepEqual(copies(), ['registry.db.v2', 'registry.db.v3', 'registry.db.v4'])
  })

  it('case 34: of a newer one is refused, with the name of the copy that is the way back', () => {
    old(MIGRATIONS.length - 1)
    openRegistry(dir, LOG).close()
    const newer = { ...REGISTRY_SCHEMA, migrations: [...MIGRATIONS, 'CREATE TABLE later (x)'] }
    Database.open(join(dir, 'registry.db'), undefined, newer).close()

    assert.throws(
      () => openRegistry(dir, LOG),
      new RegExp(
        `newer Sampan \\(registry version ${MIGRATIONS.length + 1}, .* which lies beside it: registry\\.db\\.v${MIGRATIONS.length} `,
      ),
    )
    assert.ok(existsSync(join(dir, 'registry.db')))
  })

  it('had the steps that were released', () => {
    const found = MIGRATIONS.map((step) => createHash('sha256').update(step).digest('hex').slice(0, 16))

    assert.deepEqual(found, RELEASED)
  })
})
