import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { nanoseconds } from '../../src/gateway/calls/call-head.ts'
import { parseCallTarget } from '../../src/gateway/calls/call-target.ts'

describe('the target of a call', () => {
  const targets: Readonly<Record<string, readonly [fn: string, path: string] | null>> = {
    '/function/f': ['f', '/'],
    '/function/f/': ['f', '/'],
    '/function/f?': ['f', '/'],
    '/function/f?a': ['f', '/?a'],
    '/function/f/?': ['f', '/'],
    '/function/f/?a/b': ['f', '/?a/b'],
    '/function/f?a/b': ['f', '/?a/b'],
    '/function/f/a??': ['f', '/a??'],
    '/function/f//..%2f/': ['f', '//..%2f/'],
    '/function/': ['', '/'],
    '/function/?x': ['', '/?x'],
    'http://h:1/function/f/x': null,
    '/functions/f': null,
    '/function': null,
    '*': null,
    '': null,
  }
  for (const [url, expected] of Object.entries(targets)) {
    it(`the target of a call to ${url} is ${expected === null ? 'none' : expected.join(' ')}`, () => {
      const target = parseCallTarget(url, '/function/')

      assert.deepEqual(target === null ? null : [target.fn, target.path], expected)
    })
  }
})

describe('a start time', () => {
  it('a start time has nineteen digits, and those below a millisecond are real', () => {
    assert.equal(nanoseconds(1_795_399_328_651.125), '1795399328651125000')
    assert.equal(nanoseconds(1_795_399_328_651), '1795399328651000000')
    assert.equal(nanoseconds(1_795_399_328_651.0005), '1795399328651000488')
  })
})
