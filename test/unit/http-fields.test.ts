import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readAnswerFields, readFields } from '../../src/http1/http-fields.ts'

describe('a header that cannot be read', () => {
  const strict = (text: string): string[] => readFields(text, 0, text.length)
  const lenient = (text: string): string[] => readAnswerFields(text, 0)

  it('is named in the error, but not quoted, to whoever sent it', () => {
    for (const read of [strict, lenient]) {
      assert.throws(() => read('A: 1\r\nX-Token: se\u0001cret\r\n'), {
        message: 'a malformed value of the header X-Token',
      })
      assert.throws(() => read('A: 1\rB: 2\r\n'), { message: 'a malformed value of the header A' })
    }
  })

  it('has a name of bounded length there', () => {
    assert.throws(() => strict(`${'x'.repeat(5_000)}: \u0000\r\n`), /the header x{60}$/)
  })

  it('is one that ends in a line feed alone, in a request; in an answer that is read', () => {
    assert.throws(() => strict('A: 1\nB: 2\r\n'), { message: 'a malformed value of the header A' })
    assert.deepEqual(lenient('A: 1\nB: 2\r\n'), ['A', '1', 'B', '2'])
  })
})
