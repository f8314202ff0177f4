import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hintedLinks } from '../../src/gateway/calls/early-hints.ts'

describe('the links of a hint', () => {
  it('are passed on as the function wrote them, and nothing else is', () => {
    const fields = ['X-A', 'b', 'link', '</style.css>; rel=preload', 'LINK', '</a>, </b>']

    assert.deepEqual(hintedLinks(fields), ['Link', '</style.css>; rel=preload', 'Link', '</a>, </b>'])
  })

  it('are passed on only when they are few', () => {
    assert.deepEqual(hintedLinks(['Link', `<${'a'.repeat(5_000)}>`, 'Link', `<${'a'.repeat(5_000)}>`]), [])
  })
})
