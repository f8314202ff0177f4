import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, mkdtemp, readdir, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { Database } from '../../src/registry/database.ts'
import { filesUnder, lookAtFiles } from '../fixtures/files-under.ts'
import { skipWithoutDocker } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'
import { deployShell, shell } from './shell-function.ts'

const run = promisify(execFile)
/** `nobody`, who owns nothing here. */
const STRANGER = { uid: 65_534, gid: 65_534 }

const isRoot = process.getuid?.() === 0

describe(
  'what the daemon writes',
  { skip: isRoot ? await skipWithoutDocker() : 'only root can become another user' },
  () => {
    let daemon: DaemonProcess

    before(async () => {
      // As an older release, or a person, may have left it: open to all, umask and all.
      const dataDir = await mkdtemp(join(tmpdir(), 'sampan-private-'))
      Database.open(join(dataDir, 'registry.db')).close()
      await writeFile(join(dataDir, 'basic-auth-password'), 'not-very-secret\n')
      for (const name of await readdir(dataDir)) await chmod(join(dataDir, name), 0o644)
      await chmod(dataDir, 0o755)
      const umask = process.umask(0)
      daemon = await DaemonProcess.start({ SAMPAN_DATA_DIR: dataDir })
      process.umask(umask)
    })
    after(() => daemon[Symbol.asyncDispose]())

    it('cannot be read by another user of the host, but secrets can by the function that has them', async () => {
      await daemon.must('POST', '/system/secrets', { name: 'hidden', value: 'correct horse' })
      await deployShell(
        daemon,
        { service: 'reader', secrets: ['hidden'], envVars: { PASSWORD: 'x' } },
        'plain-user',
      )
      // A log that is kept, too.
      await shell(daemon, 'reader', 'echo said >&2')

      assert.equal(await shell(daemon, 'reader', 'cat /var/openfaas/secrets/hidden'), 'correct horse')
      const files = [...(await filesUnder(daemon.dataDir)), ...(await filesUnder(daemon.runtimeDir))]
      for (const name of ['registry.db', 'registry.db-wal', 'secrets.key', 'basic-auth-password', 'hidden']) {
        assert.ok(
          files.some((path) => path.endsWith(`/${name}`)),
          `${name} is among ${files.join()}`,
        )
      }
      for (const path of files) {
        await assert.rejects(run('cat', [path], STRANGER), /Permission denied/, path)
      }
      await assert.rejects(run('ls', [daemon.dataDir], STRANGER), /Permission denied/)
      // The test could read something as that user.
      await run('cat', ['/etc/passwd'], STRANGER)
    })

    it('has no rights for others in the data folder, and a line in the log says what was changed', async () => {
      for (const { path, seen } of await lookAtFiles(daemon.dataDir, (file) => stat(file))) {
        assert.equal(seen.mode & 0o077, 0, path)
      }
      assert.equal((await stat(daemon.dataDir)).mode & 0o077, 0)

      assert.match(
        await daemon.log(),
        /"msg":"data folder was open to other users, permissions corrected".*"mode":"0755"/,
      )
      assert.match(
        await daemon.log(),
        /"msg":"file in the data folder was open to other users, permissions corrected".*registry\.db"/,
      )
    })
  },
)
