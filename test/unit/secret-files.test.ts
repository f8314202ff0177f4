import assert from 'node:assert/strict'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { SecretFiles } from '../../src/provider/docker/secret-files.ts'
import { deployed } from '../fixtures/deployed.ts'

let runtimeDir = ''
beforeEach(() => (runtimeDir = mkdtempSync('/dev/shm/sampan-secret-files-')))
afterEach(() => rmSync(runtimeDir, { recursive: true, force: true }))

function secretFiles(): SecretFiles {
  return new SecretFiles({ runtimeDir, instance: 'test', values: { value: () => Buffer.from('hush') } })
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

  it('the files of secrets go with the last replica of their revision', async () => {
    const files = secretFiles()
    await files.place(wanting('token'))

    await files.keepOnly((revision) => revision === 1)
    assert.deepEqual(readdirSync(join(runtimeDir, 'test', 'secrets')), ['openfaas-fn.1'])

    await files.keepOnly(() => false)
    assert.deepEqual(readdirSync(runtimeDir), [])
  })
})
