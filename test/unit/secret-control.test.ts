import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { SecretControl } from '../../src/control/secret-control.ts'
import { Database } from '../../src/registry/database.ts'
import { openSeal } from '../../src/registry/secret-seal.ts'
import { SecretStore } from '../../src/registry/secret-store.ts'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'node:test'
import type { SecretRef } from '../../src/core/functions/secret-name.ts'

const KEY: SecretRef = { namespace: 'openfaas-fn', name: 'key' }
const VALUE = Buffer.from('hush')

let dir = ''
let db: Database
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sampan-secret-control-'))
  db = Database.open(':memory:')
})
afterEach(() => {
  db.close()
  rmSync(dir, { recursive: true })
})

function rig(users: string[] = []) {
  const told: string[] = []
  const control = new SecretControl({
    registry: new SecretStore(db, openSeal(dir, false)),
    hasNamespace: () => true,
    usersOf: () => users,
    onChanged: ({ namespace, name }) => told.push(`${namespace}/${name}`),
    nowMs: () => 0,
  })
  return { control, told }
}

describe('a secret', () => {
  it('a secret that functions use cannot be removed, and the refusal names them', () => {
    const { control } = rig(['mail', 'shop'])
    control.create(KEY, VALUE)

    assert.throws(() => control.remove(KEY), {
      code: 'conflict',
      message: /secret key is in use: functions mail, shop use it\. .*faas-cli secret update/,
    })
    assert.deepEqual(
      control.list('openfaas-fn').map(({ name }) => name),
      ['key'],
    )
  })

  it('is refused with a sentence of bounded length, however many use it', () => {
    const { control } = rig(Array.from({ length: 500 }, (_, at) => `fn-${at}`))
    control.create(KEY, VALUE)

    assert.throws(() => control.remove(KEY), /fn-9 and 490 more use it/)
  })

  it('a secret that exists is not created again, and one that does not is not changed', () => {
    const { control, told } = rig()
    const missing = /^secret key does not exist in namespace openfaas-fn$/

    assert.throws(() => control.update(KEY, VALUE), { code: 'not-found', message: missing })
    assert.throws(() => control.remove(KEY), { code: 'not-found', message: missing })
    control.create(KEY, VALUE)
    assert.throws(() => control.create(KEY, VALUE), {
      code: 'conflict',
      message: /^secret key exists already in namespace openfaas-fn$/,
    })
    assert.deepEqual(told, ['openfaas-fn/key'])
  })

  it('can be removed when the last that uses it is gone', () => {
    const users = ['mail']
    const { control } = rig(users)
    control.create(KEY, VALUE)

    users.pop()
    control.remove(KEY)

    assert.deepEqual(control.list('openfaas-fn'), [])
  })

  it('a secret that comes or changes is told to the functions that run', () => {
    const { control, told } = rig()

    control.create(KEY, VALUE)
    control.update(KEY, VALUE)

    assert.deepEqual(told, ['openfaas-fn/key', 'openfaas-fn/key'])
  })
})
