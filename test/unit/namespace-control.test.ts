import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { NamespaceControl } from '../../src/control/namespace-control.ts'
import { Database } from '../../src/registry/database.ts'
import { NamespaceStore } from '../../src/registry/namespace-store.ts'

const DEV = { name: 'dev', labels: { openfaas: '1' }, annotations: {} }

let db: Database
let contents = { functions: 0, secrets: 0 }
beforeEach(() => {
  db = Database.open(':memory:')
  contents = { functions: 0, secrets: 0 }
})
afterEach(() => db.close())

function control(): NamespaceControl {
  return new NamespaceControl({
    registry: new NamespaceStore(db),
    contents: () => contents,
    nowMs: () => 0,
  })
}

describe('namespaces', () => {
  it('are listed with the default one first, whatever else there is', () => {
    const namespaces = control()
    namespaces.create({ ...DEV, name: 'alpha' })

    assert.deepEqual(namespaces.list(), ['openfaas-fn', 'alpha'])
  })

  it('are created once, and only with the mark', () => {
    const namespaces = control()

    assert.throws(() => namespaces.create({ ...DEV, name: '' }), {
      code: 'invalid',
      message: /^name: is missing/,
    })
    assert.throws(() => namespaces.create({ ...DEV, name: 'Not_Good' }), {
      code: 'invalid',
      message: /^name: /,
    })
    assert.throws(() => namespaces.create({ ...DEV, labels: {} }), { code: 'invalid', message: /openfaas=1/ })
    namespaces.create(DEV)
    assert.throws(() => namespaces.create(DEV), {
      code: 'conflict',
      message: 'namespace dev exists already',
    })
  })

  it('namespaces that do not exist are neither read nor changed nor removed', () => {
    const namespaces = control()
    const missing = { code: 'not-found', message: 'namespace "dev" does not exist' }

    assert.throws(() => namespaces.get('dev'), missing)
    assert.throws(() => namespaces.update(DEV), missing)
    assert.throws(() => namespaces.remove('dev'), missing)
  })

  it('are not given an empty key, neither when they are created nor later', () => {
    const namespaces = control()
    namespaces.create(DEV)
    const annotations = { '': 'x' }

    assert.throws(
      () => namespaces.create({ ...DEV, name: 'other', annotations }),
      /annotations: a key is empty/,
    )
    assert.throws(() => namespaces.update({ ...DEV, annotations }), /annotations: a key is empty/)
    assert.deepEqual(namespaces.get('dev'), DEV)
  })

  it('stay while something lives in them, and the default one stays always', () => {
    const namespaces = control()
    namespaces.create(DEV)

    contents = { functions: 2, secrets: 1 }
    assert.throws(() => namespaces.remove('dev'), {
      code: 'conflict',
      message: 'namespace dev still has 2 functions and 1 secrets',
    })
    contents = { functions: 0, secrets: 0 }
    namespaces.remove('dev')
    assert.throws(() => namespaces.remove('openfaas-fn'), {
      code: 'invalid',
      message: 'name: the default namespace cannot be removed',
    })
    assert.deepEqual(namespaces.list(), ['openfaas-fn'])
  })
})
