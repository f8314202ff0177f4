import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tableOfDocument, tableOfTests } from '../conformance/table.ts'

describe('docs/conformance.md', () => {
  it('lists every test of the suite; `node dist/test/conformance/table.js` writes it anew', () => {
    assert.equal(tableOfDocument(), tableOfTests())
  })
})
