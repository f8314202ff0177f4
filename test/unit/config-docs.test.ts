import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { it } from 'node:test'

it('docs/config.md lists exactly the variables that there are settings for', async () => {
  const source = await readFile('src/config/settings.ts', 'utf8')
  const page = await readFile('docs/config.md', 'utf8')

  const read = [...source.matchAll(/'(SAMPAN_[A-Z_]+)'/g)].map(([, name]) => name ?? '')
  const listed = [...page.matchAll(/^\| `(SAMPAN_[A-Z_]+)`/gm)].map(([, name]) => name ?? '')

  assert.deepEqual([...new Set(listed)].toSorted(), [...new Set(read)].toSorted())
})
