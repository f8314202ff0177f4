import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { filesUnder } from '../fixtures/files-under.ts'

/** A title that begins so hangs on the line above it, which a failing line in CI does not show. */
const FRAGMENT = /^(?:that|which|whose|who|of|with|without|in|by|to|from|and|because|while) /

/** Cases of scaling (S) and faults (F) that are promised, each by a test which names it. */
const CASES = [
  ...Array.from({ length: 26 }, (_, at) => `S${at + 1}`),
  ...Array.from({ length: 7 }, (_, at) => `F${at + 1}t`),
]

describe('the title of a test', () => {
  it('names each case of scaling and each fault of replicas at least once', async () => {
    const files = (await filesUnder('test')).filter((file) => file.endsWith('.test.ts'))
    const named = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\((?:[SF]\d+t?(?:, )?)+\)['"`]/g)].flatMap(([cases]) =>
        cases.match(/[SF]\d+t?/g),
      ),
    )

    assert.deepEqual(
      CASES.filter((row) => !named.includes(row)),
      [],
    )
  })

  it('has its subject: it does not go on where another line ends', async () => {
    const files = (await filesUnder('test')).filter((file) => file.endsWith('.test.ts'))
    const titles = files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(/\bit\(\s*(['"`])((?:\\.|(?!\1).)+)\1/g)].map(
        ([, , title]) => `${file}: ${title}`,
      ),
    )

    assert.ok(titles.length > 1_000, `only ${titles.length} titles are found: the pattern is outdated`)
    assert.deepEqual(
      titles.filter((title) => FRAGMENT.test(title.slice(title.indexOf(': ') + 2))),
      [],
    )
  })
})
