import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { functionName, type FunctionName } from '../../src/core/functions/function-name.ts'
import type { Provider } from '../../src/core/provider/provider.ts'
import type { Replica, ReplicaState } from '../../src/core/provider/replica.ts'
import { whenAdopted } from '../../src/core/provider/when-adopted.ts'

/** Which functions are waited for, of some with replicas in these states. */
async function waitedFor(
  states: Readonly<Record<string, readonly ReplicaState[]>>,
): Promise<readonly string[]> {
  const asked: string[] = []
  const provider: Pick<Provider, 'replicas' | 'whenReady'> = {
    replicas: (fn) => (states[fn] ?? []).map((state) => replica(fn, state)),
    whenReady: (fn) => {
      asked.push(fn)
      return Promise.reject(new Error('it is removed meanwhile'))
    },
  }
  await whenAdopted(provider, Object.keys(states) as FunctionName[], AbortSignal.abort())
  return asked
}

function replica(fn: FunctionName, state: ReplicaState): Replica {
  return { id: 'a', fn, revision: 1, state, host: '10.0.0.1', port: 8080, sinceMs: 0 }
}

describe('a daemon that is handed its socket', () => {
  it('waits for functions whose replicas are being probed, and for no others', async () => {
    const [probed, ready, frozen, none, gone] = ['probed', 'ready', 'frozen', 'none', 'gone'].map((name) =>
      functionName(name),
    ) as [FunctionName, FunctionName, FunctionName, FunctionName, FunctionName]

    const asked = await waitedFor({
      [probed]: ['starting', 'draining'],
      [ready]: ['ready', 'starting'],
      [frozen]: ['frozen'],
      [none]: [],
      [gone]: ['gone'],
    })

    assert.deepEqual(asked, [probed])
  })
})
