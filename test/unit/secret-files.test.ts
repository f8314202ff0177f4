import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { SecretFiles } from '../../src/provider/docker/secret-files.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { deployed } from '../fixtures/deployed.ts'

let runtimeDir = ''
beforeEach(() => (runtimeDir = mkdtempSync('/dev/shm/sampan-secret-files-')))
afterEach(() => rmSync(runtimeDir, { recursive: true, force: true }))

function secretFiles(log = new RecordingLog()): SecretFiles {
  return new SecretFiles({ runtimeDir, instance: 'test', values: { value: () => Buffer.from('hush') }, log })
}

function modeOf(...path: readonly string[]): string {
  return (statSync(join(runtimeDir, ...path)).mode & 0o777).toString(8)
}

function wanting(name: string) {
  return deployed({ spec: { secrets: [name] } })
}

describe('the files of secrets', () => {
  it('the files of secrets take names as long as a secret may have', async () => {
    const name = `${'a'.repeat(250)}.bc`

    const folder = await secretFiles().place(wanting(name))

    assert.equal(readFileSync(join(folder ?? '', name), 'utf8'), 'hush')
    assert.deepEqual(readdirSync(folder ?? ''), [name])
  })

  it(
    'the files of secrets are not written into a folder of another user',
    { skip: process.getuid?.() !== 0 },
    async () => {
      const planted = join(runtimeDir, 'test', 'secrets')
      mkdirSync(join(planted, 'openfaas-fn.1'), { recursive: true })
      chownSync(planted, 4_242, 4_242)

      await assert.rejects(secretFiles().place(wanting('token')), { code: 'unavailable', message: /own/ })
      await secretFiles().refresh('openfaas-fn', 'token')

      assert.deepEqual(readdirSync(join(planted, 'openfaas-fn.1')), [])
    },
  )

  it('can be read by any user inside, whatever the umask, and reached by nobody outside', async () => {
    const before = process.umask(0o077)
    const folder = await secretFiles().place(wanting('token'))
    process.umask(before)

    assert.equal(folder, join(runtimeDir, 'test', 'secrets', 'openfaas-fn.1'))
    const inside = [
      modeOf('test', 'secrets', 'openfaas-fn.1'),
      modeOf('test', 'secrets', 'openfaas-fn.1', 'token'),
    ]
    assert.deepEqual(inside, ['755', '444'])
    assert.deepEqual([modeOf('test'), modeOf('test', 'secrets')], ['700', '700'])
  })

  it('are closed off in folders that were open to other users', async () => {
    const log = new RecordingLog()
    mkdirSync(join(runtimeDir, 'test', 'secrets'), { recursive: true })
    for (const folder of ['test', 'test/secrets']) chmodSync(join(runtimeDir, folder), 0o755)

    await secretFiles(log).place(wanting('token'))

    assert.deepEqual([modeOf('test'), modeOf('test', 'secrets')], ['700', '700'])
    assert.deepEqual(
      log.named('folder of secrets was open to other users: closed').map(({ fields }) => fields['folder']),
      [join(runtimeDir, 'test', 'secrets'), join(runtimeDir, 'test')],
    )
  })

  it('go with the last replica of their revision', async () => {
    const files = secretFiles()
    await files.place(wanting('token'))

    await files.keepOnly((revision) => revision === 1)
    assert.deepEqual(readdirSync(join(runtimeDir, 'test', 'secrets')), ['openfaas-fn.1'])

    await files.keepOnly(() => false)
    assert.deepEqual(readdirSync(runtimeDir), [])
  })
})
