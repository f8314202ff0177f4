import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { claimDataFolder, makeDataFolder } from '../../src/registry/data-folder.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'
import { openRegistry } from '../../src/registry/registry.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

describe('the data folder', () => {
  let base: string

  before(() => {
    base = mkdtempSync(join(tmpdir(), 'data-folder-'))
    writeFileSync(join(base, 'file'), '')
    symlinkSync(join(base, 'nowhere', 'at', 'all'), join(base, 'dangling'))
    symlinkSync(join(base, 'loop'), join(base, 'loop'))
    symlinkSync(base, join(base, 'here'))
  })
  after(() => rmSync(base, { recursive: true }))

  it('the data folder is made with those that it is in, for this user alone', () => {
    makeDataFolder(join(base, 'new', 'folder'))

    assert.equal(statSync(join(base, 'new')).mode & 0o777, 0o700)
    assert.equal(statSync(join(base, 'new', 'folder')).mode & 0o777, 0o700)
  })

  it('the data folder may be reached by a link', () => {
    makeDataFolder(join(base, 'here', 'linked'))

    assert.ok(statSync(join(base, 'linked')).isDirectory())
  })

  const refused = [
    ['file', 'a part of the path is a file'],
    ['file/below', 'a part of the path is a file'],
    ['dangling', 'a part of the path is a link to a place that does not exist'],
    ['dangling/below', 'a part of the path is a link to a place that does not exist'],
    ['loop/below', 'a part of the path is a link that leads back to itself'],
  ] as const
  for (const [path, why] of refused) {
    it(`says why it cannot be made at ${path}`, () => {
      const expected = `the data folder ${join(base, path)} is missing and cannot be created: ${why}. `

      assert.throws(
        () => makeDataFolder(join(base, path)),
        (error) => error instanceof RegistryError && error.message.startsWith(expected),
      )
    })
  }
})

describe('a data folder that is there', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'data-folder-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  /** Puts files of mode 0644 there and opens the folder to all. */
  function open(...names: readonly string[]): void {
    for (const name of names) {
      writeFileSync(join(folder, name), '')
      chmodSync(join(folder, name), 0o644)
    }
    chmodSync(folder, 0o755)
  }

  const modeOf = (name: string): string => (statSync(join(folder, name)).mode & 0o777).toString(8)

  it('is closed to other users, and so is each file in it, with a line in the log', () => {
    const log = new RecordingLog()
    const files = ['registry.db', 'registry.db-wal', 'registry.db-shm', 'secrets.key', 'basic-auth-password']
    open(...files, 'notes of the operator')

    claimDataFolder(folder, log)

    assert.deepEqual(
      ['.', ...files].map((name) => modeOf(name)),
      ['700', ...files.map(() => '600')],
    )
    assert.deepEqual(
      log.named('data folder was open to other users, permissions corrected').map(({ fields }) => fields),
      [{ folder, mode: '0755' }],
    )
    assert.equal(
      log.named('file in the data folder was open to other users, permissions corrected').length,
      6,
    )
  })

  it('is left as it is when it is closed already, without a word', () => {
    const log = new RecordingLog()

    claimDataFolder(folder, log)

    assert.equal(modeOf('.'), '700')
    assert.deepEqual(log.lines, [])
  })

  it('is closed when it is empty, or holds what comes before a registry', () => {
    open('quickstart.log', '.made-by-quickstart', 'lost+found')

    claimDataFolder(folder, new RecordingLog())

    assert.equal(modeOf('.'), '700')
  })

  it('is refused, and left alone, when it is open to others and plainly not a data folder', () => {
    open('passwd', 'hosts')

    assert.throws(
      () => claimDataFolder(folder, new RecordingLog()),
      (error) =>
        error instanceof RegistryError &&
        /may be entered by other users .*SAMPAN_DATA_DIR/.test(error.message),
    )
    assert.deepEqual([modeOf('.'), modeOf('passwd')], ['755', '644'])
  })

  it('is refused when it belongs to another user', { skip: process.getuid?.() !== 0 }, () => {
    open('registry.db')
    chownSync(folder, 4_242, 4_242)

    assert.throws(() => claimDataFolder(folder, new RecordingLog()), /belongs to user 4242, .*chown -R/)
    assert.equal(modeOf('.'), '755')
  })

  it('gets no file that others can read, whatever the umask is', () => {
    const before = process.umask(0)
    const dataDir = join(folder, 'made')
    try {
      const registry = openRegistry(dataDir, new RecordingLog())
      registry.secrets.insert({ name: 'token', namespace: 'openfaas-fn' }, Buffer.from('hush'), 1)
      const names = readdirSync(dataDir)
      assert.deepEqual(
        ['.', ...names].map((name) => modeOf(join('made', name))),
        ['700', ...names.map(() => '600')],
      )
      assert.ok(names.includes('registry.db-wal') && names.includes('secrets.key'), names.join())
      registry.close()
    } finally {
      process.umask(before)
    }
  })
})
