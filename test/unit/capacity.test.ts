import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { shareDescriptors, type WishedCapacity } from '../../src/core/capacity.ts'

const WISHED: WishedCapacity = {
  connections: 10_000,
  connectionsPerClient: null,
  calls: 2_000,
  callsPerFunction: 1_000,
}

describe('the descriptors of the process', () => {
  it('are enough for what the settings ask for where there are many', () => {
    assert.deepEqual(shareDescriptors(1 << 20, WISHED), {
      connections: 10_000,
      connectionsPerClient: 7_500,
      calls: 2_000,
      callsPerFunction: 1_000,
      idleUpstreams: 2_048,
    })
  })

  it('leave a reserve for everything else, however many there are and whatever is asked for', () => {
    for (const descriptors of [128, 256, 1_024, 2_048, 4_096, 65_536]) {
      const given = shareDescriptors(descriptors, {
        ...WISHED,
        connections: 1e9,
        calls: 1e9,
        callsPerFunction: 1e9,
      })
      const taken = given.connections + given.calls + given.idleUpstreams

      assert.ok(taken <= descriptors - Math.min(96, descriptors - 16), `${taken} of ${descriptors}`)
      assert.ok(descriptors - taken >= Math.floor(descriptors / 10), `${taken} of ${descriptors}`)
    }
  })

  it('are not all for one client or one function', () => {
    for (const descriptors of [128, 1_024, 65_536]) {
      const { connections, connectionsPerClient, calls, callsPerFunction } = shareDescriptors(descriptors, {
        ...WISHED,
        connectionsPerClient: 1e9,
        callsPerFunction: 1e9,
      })
      assert.ok(connectionsPerClient < connections, `${connectionsPerClient} of ${connections}`)
      assert.ok(callsPerFunction < calls, `${callsPerFunction} of ${calls}`)
    }
  })

  it('are always enough for some of each', () => {
    for (let descriptors = 0; descriptors < 300; descriptors += 1)
      for (const [name, value] of Object.entries(shareDescriptors(descriptors, WISHED)))
        assert.ok(value >= 1 && Number.isInteger(value), `${name} is ${value} with ${descriptors}`)
  })

  it('are as few as the settings ask for', () => {
    const few = { connections: 5, connectionsPerClient: 2, calls: 4, callsPerFunction: 1 }
    const { idleUpstreams: _, ...given } = shareDescriptors(1 << 20, few)

    assert.deepEqual(given, few)
  })
})
