import assert from 'node:assert/strict'
import { chmod, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { writeWhole } from '../../src/cli/files/whole-file.ts'

async function inFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sampan-whole-'))
  try {
    await test(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

describe('a file of the command line', () => {
  it('keeps the mode of the one it replaces, unless it is to have another', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'file')
      await writeFile(path, 'old')
      await chmod(path, 0o640)
      await writeWhole(path, 'new')
      assert.equal((await stat(path)).mode & 0o777, 0o640)
      await writeWhole(path, 'newer', { mode: 0o600 })
      assert.equal((await stat(path)).mode & 0o777, 0o600)
      assert.equal(await readFile(path, 'utf8'), 'newer')
      assert.deepEqual(await readdir(folder), ['file'])
    }))

  it('is written where a link leads, and the link stays', () =>
    inFolder(async (folder) => {
      await writeFile(join(folder, 'file'), 'old')
      await symlink('file', join(folder, 'link'))
      await writeWhole(join(folder, 'link'), 'new')
      assert.equal(await readlink(join(folder, 'link')), 'file')
      assert.equal(await readFile(join(folder, 'file'), 'utf8'), 'new')
    }))

  it('may be a device', () => writeWhole('/dev/null', 'gone'))

  it('leaves nothing behind where it cannot be written', () =>
    inFolder(async (folder) => {
      await assert.rejects(writeWhole(join(folder, 'none', 'file'), 'x'), { code: 'ENOENT' })
      assert.deepEqual(await readdir(folder), [])
      await writeWhole(join(folder, 'made', 'file'), 'x', { makesFolder: true })
      assert.equal((await stat(join(folder, 'made'))).mode & 0o777, 0o700)
    }))
})
