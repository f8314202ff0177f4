import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { it } from 'node:test'

it('docs/security.md names tests that exist for what it promises', () => {
  const page = readFileSync('docs/security.md', 'utf8')
  const named = new Set([...page.matchAll(/`(test\/[\w./-]+)`/g)].map(([, path]) => path ?? ''))

  assert.ok(named.size > 5)
  assert.deepEqual(
    [...named].filter((path) => !existsSync(path)),
    [],
  )
})
