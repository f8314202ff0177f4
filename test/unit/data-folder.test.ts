import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { makeDataFolder } from '../../src/registry/data-folder.ts'
import { RegistryError } from '../../src/registry/registry-error.ts'

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
      const expected = `the data folder ${join(base, path)} is missing and cannot be made: ${why}. `

      assert.throws(
        () => makeDataFolder(join(base, path)),
        (error) => error instanceof RegistryError && error.message.startsWith(expected),
      )
    })
  }
})
