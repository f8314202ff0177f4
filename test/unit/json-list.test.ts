import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { jsonList } from '../../src/gateway/bodies/json-list.ts'

describe('a list in an answer', () => {
  it('leaves whole when it is small', async () => {
    for (const items of [[], [1], [1, 2, 3]]) {
      const response = jsonList(items, (item) => ({ item }))

      assert.equal(response.headers.get('content-type'), 'application/json')
      assert.deepEqual(
        await response.json(),
        items.map((item) => ({ item })),
      )
    }
  })

  it('is made piece by piece, as it is read, when it is large', async () => {
    const items = Array.from({ length: 100 }, (_, at) => at)
    let made = 0
    const response = jsonList(items, (item) => {
      made += 1
      return { item, filler: 'é'.repeat(100_000) }
    })

    assert.ok(made < 10, `${made} before anybody reads`)
    const read = (await response.json()) as { item: number }[]
    assert.deepEqual(
      read.map(({ item }) => item),
      items,
    )
  })

  it('ends with an element that fills a piece exactly', async () => {
    const items = ['x'.repeat(300_000), 'y'.repeat(300_000)]

    assert.deepEqual(await jsonList(items, (item) => item).json(), items)
  })
})
