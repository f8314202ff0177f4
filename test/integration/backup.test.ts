import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { BackupService } from '../../src/backup/backup-service.ts'
import { isRestorePending, placeRestored } from '../../src/backup/place.ts'
import { restore, type Restored } from '../../src/backup/restore.ts'
import { systemClock } from '../../src/clock.ts'
import { FaasError } from '../../src/core/errors.ts'
import { jsonLog } from '../../src/log.ts'
import { openRegistry, type Registry } from '../../src/registry/registry.ts'
import { SmallDisk } from '../fixtures/small-disk.ts'

const LOG = jsonLog('error', () => undefined)
const SECRET = { namespace: 'openfaas-fn', name: 'token' }
const VALUE = 'a value that is easily found'

let root: string
before(async () => void (root = await mkdtemp(join(tmpdir(), 'sampan-backup-'))))
after(() => rm(root, { recursive: true }))

function folder(): Promise<string> {
  return mkdtemp(join(root, 'data-'))
}

/** A registry with a secret, and what makes backups of it. */
async function filled(dataDir: string): Promise<{ registry: Registry; service: BackupService }> {
  const registry = openRegistry(dataDir, LOG)
  registry.secrets.insert(SECRET, Buffer.from(VALUE), 1)
  await writeFile(join(dataDir, 'basic-auth-password'), 'the password\n', { mode: 0o600 })
  const service = new BackupService({
    ports: {
      copyRegistry: (path, withSecrets) => registry.copyTo(path, withSecrets),
      queue: null,
      images: () => [],
    },
    dataDir,
    instance: 'test',
    build: { release: '1', sha: 'a' },
    clock: systemClock,
    log: LOG,
  })
  return { registry, service }
}

async function bytesOf(service: BackupService, withSecrets = true): Promise<Buffer> {
  const { bytes, chunks, end } = await service.begin(withSecrets)
  const parts: Uint8Array[] = []
  for await (const chunk of chunks) parts.push(chunk)
  end()
  const all = Buffer.concat(parts)
  assert.equal(all.length, bytes)
  return all
}

/** A backup of a registry that is closed again, and where it was. */
async function made(withSecrets = true): Promise<{ archive: Buffer; dataDir: string }> {
  const dataDir = await folder()
  const { registry, service } = await filled(dataDir)
  try {
    return { archive: await bytesOf(service, withSecrets), dataDir }
  } finally {
    registry.close()
  }
}

async function* piecesOf(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000)
}

function restored(archive: Uint8Array, dataDir: string, replaces = false): Promise<Restored> {
  return restore({ archive: piecesOf(archive), dataDir, replaces, nowMs: systemClock.wall() })
}

function valueIn(dataDir: string): string | undefined {
  const registry = openRegistry(dataDir, LOG)
  try {
    return registry.secrets.value(SECRET.namespace, SECRET.name)?.toString()
  } finally {
    registry.close()
  }
}

describe('a backup', () => {
  it('has everything that its secrets need, and brings it into an empty folder', async () => {
    const { archive } = await made()
    const dataDir = join(await folder(), 'not', 'there')

    const { before: old, manifest } = await restored(archive, dataDir)

    assert.equal(old, null)
    assert.equal(manifest.hasSecrets, true)
    assert.equal(valueIn(dataDir), VALUE)
    for (const name of await readdir(dataDir))
      assert.equal((await stat(join(dataDir, name))).mode & 0o077, 0, name)
    assert.equal(readFileSync(join(dataDir, 'basic-auth-password'), 'utf8'), 'the password\n')
  })

  it('case 29: without secrets it has neither keys nor passwords nor sealed values', async () => {
    const { archive, dataDir } = await made(false)
    const key = readFileSync(join(dataDir, 'secrets.key'), 'utf8').trim()

    for (const text of [key, 'the password']) assert.equal(archive.includes(text), false, text)
    // The sealed value: 28 bytes before the value's own length, in a row that names it.
    assert.equal(archive.includes(SECRET.name), false)
    const into = await folder()
    await restored(archive, into)
    assert.equal(valueIn(into), undefined)
  })

  it('is one at a time, and the next can be made when it is sent, or given up', async () => {
    const dataDir = await folder()
    const { registry, service } = await filled(dataDir)
    try {
      const first = await service.begin(true)
      await assert.rejects(
        service.begin(true),
        (error) => error instanceof FaasError && error.code === 'too-busy',
      )
      first.end()
      assert.ok((await bytesOf(service)).length > 0)
      assert.equal(
        (await readdir(dataDir)).some((name) => name.startsWith('backup.')),
        false,
      )
    } finally {
      registry.close()
    }
  })
})

describe('a restore', () => {
  it('case 30: takes the place of what is there, a log that was not checkpointed included, and keeps that beside', async () => {
    const { archive, dataDir } = await made()
    const registry = openRegistry(dataDir, LOG)
    registry.secrets.insert({ ...SECRET, name: 'later' }, Buffer.from('x'), 2)
    // As after kill -9: the log has what the file has not.
    const stale = readFileSync(join(dataDir, 'registry.db-wal'))
    registry.close()
    writeFileSync(join(dataDir, 'registry.db-wal'), stale)

    const { before: old } = await restored(archive, dataDir, true)

    assert.equal(valueIn(dataDir), VALUE)
    const found = openRegistry(dataDir, LOG)
    assert.equal(found.secrets.has(SECRET.namespace, 'later'), false)
    found.close()
    assert.ok(stale.length > 0)
    assert.ok((await readdir(old ?? '')).includes('registry.db-wal'))
  })

  it('is refused over a registry unless that is to be replaced, and while a daemon has it', async () => {
    const { archive, dataDir } = await made()

    await assert.rejects(restored(archive, dataDir), /there is a registry in .* already: --replace/)
    const registry = openRegistry(dataDir, LOG)
    await assert.rejects(restored(archive, dataDir, true), /the daemon runs on .*: stop it first/)
    registry.close()
    assert.equal(valueIn(dataDir), VALUE)
  })

  it('refuses what is damaged, cut off, or no backup, and changes nothing', async () => {
    const { archive, dataDir } = await made()
    const damaged = Buffer.from(archive)
    const at = damaged.indexOf('SQLite format 3')
    damaged[at + 5_000] = (damaged[at + 5_000] ?? 0) ^ 1
    const cases: readonly (readonly [Buffer, RegExp])[] = [
      [damaged, /the backup is damaged: the sum of registry\.db/],
      [archive.subarray(0, archive.length - 30_000), /cut off|not whole/],
      [Buffer.from('no archive'.repeat(100)), /no backup/],
      [Buffer.alloc(0), /no backup/],
    ]
    const found = await readdir(dataDir)

    for (const [bytes, reason] of cases) await assert.rejects(restored(bytes, dataDir, true), reason)

    // The look whether a daemon has the registry makes SQLite lay empty files beside it.
    const left = (await readdir(dataDir)).filter((name) => !/-(?:wal|shm)$/.test(name))
    assert.deepEqual(left, found)
    assert.equal(valueIn(dataDir), VALUE)
  })

  it('case 32: a key of another backup is found out at the start', async () => {
    const [{ dataDir }, other] = [await made(), await made()]
    await rename(join(other.dataDir, 'secrets.key'), join(dataDir, 'secrets.key'))

    assert.throws(
      () => openRegistry(dataDir, LOG),
      /secrets\.key is not the key .* Put the key of the same backup back/,
    )
  })

  it('is ended by whoever comes next when it was interrupted, after each of its steps', async () => {
    const { archive } = await made()
    for (const interrupted of [
      // Nothing was put aside yet, or a part.
      (dataDir: string) => mkdir(join(dataDir, 'spool')),
      (dataDir: string) => rm(join(dataDir, 'registry.db')),
      // Everything was put aside, and a part has its place.
      async (dataDir: string) => {
        for (const name of ['registry.db', 'secrets.key', 'basic-auth-password'])
          await rm(join(dataDir, name))
        await rename(join(dataDir, 'restore.ready'), join(dataDir, 'restore.placing'))
        await rename(join(dataDir, 'restore.placing', 'registry.db'), join(dataDir, 'registry.db'))
      },
    ]) {
      const { dataDir } = await made()
      const fresh = join(await folder(), 'fresh')
      await restored(archive, fresh)
      await rename(fresh, join(dataDir, 'restore.ready'))
      await interrupted(dataDir)

      assert.equal(isRestorePending(dataDir), true)
      await assert.rejects(restored(archive, dataDir, true), /was interrupted: start the daemon/)
      placeRestored(dataDir, systemClock.wall())

      assert.equal(isRestorePending(dataDir), false)
      assert.equal(valueIn(dataDir), VALUE)
    }
  })

  it('cases 30 and 33: works where the data folder is a mount, and a full disk leaves everything as it was', async (test) => {
    await using disk = await SmallDisk.mountFor(test)
    if (disk === null) return
    const { archive } = await made()
    await restored(archive, disk.folder)
    assert.equal(valueIn(disk.folder), VALUE)

    await disk.fill()
    await assert.rejects(
      restored(archive, disk.folder, true),
      /nothing was restored: the disk of the data folder is full/,
    )
    const { registry, service } = await filled(await folder())
    registry.close()
    const kept = openRegistry(disk.folder, LOG)
    const full = new BackupService({
      ports: {
        copyRegistry: (path, withSecrets) => kept.copyTo(path, withSecrets),
        queue: null,
        images: () => [],
      },
      dataDir: disk.folder,
      instance: 'test',
      build: { release: '1', sha: 'a' },
      clock: systemClock,
      log: LOG,
    })
    await assert.rejects(
      full.begin(true),
      (error) => error instanceof FaasError && error.code === 'unavailable',
    )
    kept.close()
    assert.ok(service)
    const left = await readdir(disk.folder)
    assert.deepEqual(
      left.filter((name) => /^(backup|restore)\./.test(name)),
      [],
    )
    assert.equal(valueIn(disk.folder), VALUE)
  })
})
