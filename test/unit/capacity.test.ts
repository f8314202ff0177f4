import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { descriptorsFor, shareDescriptors, type WishedCapacity } from '../../src/core/calls/capacity.ts'

const USUAL: WishedCapacity = {
  connections: 10_000,
  connectionsPerClient: null,
  calls: 2_000,
  callsPerFunction: 1_000,
}

describe('shareDescriptors', () => {
  it('gives what the settings say where there are descriptors enough', () => {
    assert.deepEqual(shareDescriptors(65_536, USUAL), {
      connections: 10_000,
      connectionsPerClient: 7_500,
      calls: 2_000,
      callsPerFunction: 1_000,
      idleUpstreams: 2_048,
    })
  })

  it('keeps a reserve for the API, the engine and the registry, however few there are', () => {
    for (const descriptors of [256, 512, 1_024, 4_096, 20_000, 65_536]) {
      const { connections, calls, idleUpstreams } = shareDescriptors(descriptors, USUAL)

      const rest = descriptors - connections - calls - idleUpstreams
      assert.ok(rest >= 96 && rest >= descriptors / 10 - 1, `${rest} of ${descriptors} are left`)
    }
  })

  it('gives no client all connections and no function all calls', () => {
    for (const descriptors of [256, 512, 1_024, 65_536]) {
      const given = shareDescriptors(descriptors, { ...USUAL, callsPerFunction: 9_999 })

      assert.ok(given.connectionsPerClient < given.connections)
      assert.ok(given.callsPerFunction < given.calls)
    }
  })

  it('gives all that is wished from exactly as many descriptors as descriptorsFor says', () => {
    for (const [connections, calls] of [
      [10_000, 2_000],
      [100, 2_000],
      [20, 10],
      [1_000, 1_000],
      [777, 333],
    ] as const) {
      const wished = { ...USUAL, connections, calls }
      const enough = descriptorsFor(wished)

      const given = shareDescriptors(enough, wished)
      const less = shareDescriptors(enough - 3, wished)

      assert.deepEqual([given.connections, given.calls], [connections, calls])
      assert.notDeepEqual([less.connections, less.calls], [connections, calls])
    }
  })

  it('gives some of each, however few descriptors there are', () => {
    for (let descriptors = 0; descriptors < 300; descriptors += 1)
      for (const [name, value] of Object.entries(shareDescriptors(descriptors, USUAL)))
        assert.ok(value >= 1 && Number.isInteger(value), `${name} is ${value} with ${descriptors}`)
  })
})
