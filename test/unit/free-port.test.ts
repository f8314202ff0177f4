import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { freePort } from '../fixtures/free-port.ts'

describe('a free port for tests', () => {
  it('a free port is looked for until one is not taken', async () => {
    const port = await freePort()
    const owner = createServer().listen(port, '127.0.0.1')
    await once(owner, 'listening')
    const tried = [port, port, port + 1]
    try {
      const found = await freePort(() => tried.shift() ?? port + 2)

      assert.notEqual(found, port)
      assert.ok(tried.length <= 1)
    } finally {
      owner.close()
    }
  })
})
