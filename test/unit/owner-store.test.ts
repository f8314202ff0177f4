import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import Sqlite from 'better-sqlite3'
import { Database } from '../../src/registry/database.ts'
import { MIGRATIONS } from '../../src/registry/migrations.ts'
import { OwnerStore } from '../../src/registry/owner-store.ts'
import { RegistryLock } from '../../src/registry/registry-lock.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

let dir = ''
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'sampan-owner-'))))
afterEach(() => rmSync(dir, { recursive: true }))

function opened<T>(name: string, look: (owners: OwnerStore) => T): T {
  const db = Database.open(join(dir, name))
  try {
    return look(new OwnerStore(db))
  } finally {
    db.close()
  }
}

/** Connections past our own code; kept for the reason that `KEPT` in `registry/database.ts` gives. */
const kept: Sqlite.Database[] = []

/** A registry as the release before ids left it. */
function makeOld(name: string, revision: number): void {
  const raw = new Sqlite(join(dir, name))
  kept.push(raw)
  for (const step of MIGRATIONS.slice(0, 2)) raw.exec(step)
  raw.exec(`UPDATE counter SET value = ${revision} WHERE name = 'revision'`)
  raw.exec(`PRAGMA application_id = ${0x53414d50}; PRAGMA user_version = 2`)
  raw.close()
}

describe('the id of a registry', () => {
  it('is made by chance, and stays', () => {
    const first = opened('one.db', ({ id }) => id)

    assert.match(first, /^[0-9a-f]{32}$/)
    assert.equal(
      opened('one.db', ({ id }) => id),
      first,
    )
    assert.notEqual(
      opened('two.db', ({ id }) => id),
      first,
    )
  })

  it('is the same in a copy, as a backup that is put back is the same registry', () => {
    const first = opened('one.db', ({ id }) => id)

    copyFileSync(join(dir, 'one.db'), join(dir, 'copy.db'))

    assert.equal(
      opened('copy.db', ({ id }) => id),
      first,
    )
  })

  it('is kept apart from the ids that it took over, which stay', () => {
    const theirs = 'c'.repeat(32)
    opened('one.db', (owners) => {
      owners.takeOver(theirs)
      owners.takeOver(theirs)
      owners.takeOver(owners.id)
    })

    assert.deepEqual(
      opened('one.db', (owners) => owners.taken()),
      [theirs],
    )
  })
})

describe('containers without an id', () => {
  it('belong to a registry that deployed something before there were ids', () => {
    makeOld('old.db', 7)

    assert.deepEqual(
      opened('old.db', (owners) => owners.taken()),
      [''],
    )
  })

  it('do not belong to one that is new, or never deployed anything', () => {
    makeOld('unused.db', 0)

    for (const name of ['unused.db', 'new.db']) {
      assert.deepEqual(
        opened(name, (owners) => owners.taken()),
        [],
      )
    }
  })
})

describe('the lock on a registry', () => {
  it('keeps a copy of it from being used at the same time, and goes with its holder', async () => {
    const id = opened('one.db', (owners) => owners.id)
    const log = new RecordingLog()
    const lock = await RegistryLock.take(id, log)

    assert.equal(await RegistryLock.isTaken(id), true)
    await assert.rejects(
      RegistryLock.take(id, log),
      /another Sampan on this host runs with a copy of this registry/,
    )
    lock.release()

    assert.equal(await RegistryLock.isTaken(id), false)
    const again = await RegistryLock.take(id, log)
    again.release()
    assert.deepEqual(log.lines, [])
  })
})
