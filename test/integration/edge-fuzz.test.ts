import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EdgeFuzz } from '../fixtures/edge-fuzz.ts'
import { heapUsed } from '../fixtures/heap-used.ts'

const SECONDS = Number(process.env['SAMPAN_FUZZ_SECONDS'] ?? 5)
const SEED = Number(process.env['SAMPAN_TEST_SEED'] ?? 20_261_126)
/** Until then caches and compiled code grow to their size. */
const WARM_ROUNDS = 200
const MOST_GROWTH_BYTES = 8 * 1024 * 1024

describe('the server side of HTTP', () => {
  it(`keeps its promises to clients that send and do anything, for ${SECONDS} s (seed ${SEED})`, async (t) => {
    const fuzz = new EdgeFuzz()
    const endMs = performance.now() + SECONDS * 1_000
    let rounds = 0
    let warmBytes = 0
    for (; performance.now() < endMs || rounds < 2 * WARM_ROUNDS; rounds += 1) {
      if (rounds === WARM_ROUNDS) warmBytes = heapUsed()
      assert.deepEqual(await fuzz.round(SEED + rounds), [], `seed ${SEED + rounds}`)
    }
    t.diagnostic(`${rounds} rounds, ${fuzz.requests} requests`)
    const growth = heapUsed() - warmBytes
    assert.ok(growth < MOST_GROWTH_BYTES, `${growth} bytes stay`)
  })
})
