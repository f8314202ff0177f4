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
import { SecretFiles } from '../../src/provider/docker/belongings/secret-files.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { deployed } from '../fixtures/deployed.ts'

let runtimeDir = ''
beforeEach(() => (runtimeDir = mkdtempSync('/dev/shm/sampan-secret-files-')))
afterEach(() => rmSync(runtimeDir, { recursive: true, force: true }))

const OWN = 'b'.repeat(32)
const ROOT = `secrets-${OWN}`

function secretFiles(
  log = new RecordingLog(),
  value: (namespace: string, name: string) => Uint8Array | undefined = () => Buffer.from('hush'),
  owners: readonly string[] = [OWN],
): SecretFiles {
  return new SecretFiles({ runtimeDir, instance: 'test', values: { value }, owners: () => owners, log })
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
      const planted = join(runtimeDir, 'test', ROOT)
      mkdirSync(join(planted, 'openfaas-fn.1'), { recursive: true })
      chownSync(planted, 4_242, 4_242)

      await assert.rejects(secretFiles().place(wanting('token')), { code: 'unavailable', message: /own/ })
      await secretFiles().refresh({ namespace: 'openfaas-fn', name: 'token' }, () => true)

      assert.deepEqual(readdirSync(join(planted, 'openfaas-fn.1')), [])
    },
  )

  it('can be read by any user inside, whatever the umask, and reached by nobody outside', async () => {
    const before = process.umask(0o077)
    const folder = await secretFiles().place(wanting('token'))
    process.umask(before)

    assert.equal(folder, join(runtimeDir, 'test', ROOT, 'openfaas-fn.1'))
    const inside = [modeOf('test', ROOT, 'openfaas-fn.1'), modeOf('test', ROOT, 'openfaas-fn.1', 'token')]
    assert.deepEqual(inside, ['755', '444'])
    assert.deepEqual([modeOf('test'), modeOf('test', ROOT)], ['700', '700'])
  })

  it('are closed off in folders that were open to other users', async () => {
    const log = new RecordingLog()
    mkdirSync(join(runtimeDir, 'test', ROOT), { recursive: true })
    for (const folder of ['test', `test/${ROOT}`]) chmodSync(join(runtimeDir, folder), 0o755)

    await secretFiles(log).place(wanting('token'))

    assert.deepEqual([modeOf('test'), modeOf('test', ROOT)], ['700', '700'])
    assert.deepEqual(
      log
        .named('secrets folder was open to other users, permissions corrected')
        .map(({ fields }) => fields['folder']),
      [join(runtimeDir, 'test', ROOT), join(runtimeDir, 'test')],
    )
  })

  it('go with the last replica of their revision', async () => {
    const files = secretFiles()
    await files.place(wanting('token'))

    await files.keepOnly((revision) => revision === 1)
    assert.deepEqual(readdirSync(join(runtimeDir, 'test', ROOT)), ['openfaas-fn.1'])

    await files.keepOnly(() => false)
    assert.deepEqual(readdirSync(runtimeDir), [])
  })

  it('are not placed by halves when one of them does not exist', async () => {
    const files = secretFiles(new RecordingLog(), (_namespace, name) =>
      name === 'there' ? Buffer.from('hush') : undefined,
    )
    const fn = deployed({ spec: { secrets: ['there', 'gone'] } })

    await assert.rejects(files.place(fn), { code: 'unavailable', message: /secret "gone" does not exist/ })

    assert.deepEqual(readdirSync(runtimeDir), [])
  })

  it('come to the folders of revisions that want them, and to no other', async () => {
    const files = secretFiles()
    const wanted = await files.place(deployed({ revision: 1, spec: { secrets: ['other'] } }))
    const not = await files.place(deployed({ revision: 2, spec: { secrets: ['other'] } }))

    await files.refresh({ namespace: 'openfaas-fn', name: 'token' }, (revision) => revision === 1)

    assert.deepEqual(readdirSync(wanted ?? '').toSorted(), ['other', 'token'])
    assert.deepEqual(readdirSync(not ?? ''), ['other'])
  })

  it('the files of secrets of another registry are left alone, those of one that was taken over are ours', async () => {
    const theirs = ['secrets', `secrets-${'c'.repeat(32)}`]
    for (const root of theirs) mkdirSync(join(runtimeDir, 'test', root, 'openfaas-fn.9'), { recursive: true })

    await secretFiles().keepOnly(() => false)
    assert.deepEqual(readdirSync(join(runtimeDir, 'test')).toSorted(), theirs)

    await secretFiles(new RecordingLog(), undefined, [OWN, '']).keepOnly(() => false)
    assert.deepEqual(readdirSync(join(runtimeDir, 'test')), theirs.slice(1))
  })
})
