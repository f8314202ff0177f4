import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { hintedLinks } from '../../src/gateway/early-hints.ts'

describe('the links of a hint', () => {
  for (const link of [
    '</style.css>; rel=preload; as=style',
    '</a.js>;rel="preload";as="script";crossorigin',
    '</a.png>; rel=preload; imagesrcset=a=b',
    '<>',
  ]) {
    it(`the links of a hint may be ${link}`, () => {
      assert.deepEqual(hintedLinks(['X-A', 'b', 'link', link]), [link])
    })
  }

  for (const link of [
    '',
    'a',
    '<a',
    '<a>;',
    '<a>;a="b',
    '<a>;a=b"',
    '<a>;a="b"c',
    '<a> b',
    '<a\t>',
    '</a>, </b>',
  ]) {
    it(`the links of a hint may not be ${JSON.stringify(link)}`, () => {
      assert.deepEqual(hintedLinks(['Link', link]), [])
    })
  }

  it('the links of a hint keep those that are right when one is not', () => {
    assert.deepEqual(hintedLinks(['Link', '<a>', 'Link', 'b', 'LINK', '<c>']), ['<a>', '<c>'])
  })

  it('the links of a hint are few', () => {
    assert.deepEqual(hintedLinks(['Link', `<${'a'.repeat(5_000)}>`, 'Link', `<${'a'.repeat(5_000)}>`]), [])
  })
})
