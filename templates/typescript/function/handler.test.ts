import assert from 'node:assert/strict'
import { test } from 'node:test'
import handle from './handler.ts'

test('a call is answered', async () => {
  const answer = await handle(new Request('http://function/', { method: 'POST', body: 'reader' }))
  assert.ok(answer)
})
