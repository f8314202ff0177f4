import assert from 'node:assert/strict'
import { test } from 'node:test'
import handle from './handler.js'

test('the body comes back, with the method and the path', async () => {
  const answer = await handle(new Request('http://function/a?b=c', { method: 'PUT', body: 'what was said' }))
  assert.equal(await answer.text(), 'what was said')
  assert.equal(answer.headers.get('x-echo-method'), 'PUT')
  assert.equal(answer.headers.get('x-echo-path'), '/a?b=c')
})
