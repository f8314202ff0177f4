import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { FunctionName } from '../../src/core/functions/function-name.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { Surroundings } from '../../src/provider/docker/belongings/surroundings.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { deployed } from '../fixtures/deployed.ts'

const SECRET = { namespace: 'openfaas-fn', name: 'key' }
const first = deployed({ revision: 1, spec: { secrets: ['key'] } })
const { spec, revision, artifact } = first
/** An update that uses the secret no more, and was not ready yet. */
const second = deployed({ revision: 2, lastGood: { spec, revision, artifact } })

function rig() {
  const hurried: FunctionName[] = []
  const kept: boolean[] = []
  const refreshed: boolean[] = []
  const asked = [1, 2, 3]
  const surroundings = new Surroundings({
    networks: {
      look: async () => {},
      removeWrongSizes: async () => {},
      ensure: async () => ({ id: '', name: '', gateway: '', bridge: '', hasIpv6: false, mtu: 1_500 }),
      remove: async () => {},
    },
    secretFiles: {
      place: async () => null,
      keepOnly: async (isUsed) => void kept.push(...asked.map(isUsed)),
      refresh: async (_secret, isWanted) => void refreshed.push(...asked.map(isWanted)),
    },
    table: new ReplicaTable(
      () => 0,
      () => {},
    ),
    desired: () => ({
      names: () => [second.spec.name],
      desired: () => second,
      isNamespaceUsed: () => true,
      hurry: (name) => void hurried.push(name),
    }),
    log: new RecordingLog(),
  })
  return { surroundings, hurried, kept, refreshed }
}

describe('the last good revision, which serves while the newest cannot', () => {
  it('gets a new value of a secret that it alone asks for, and is made again for it', async () => {
    const { surroundings, refreshed, hurried } = rig()

    await surroundings.refreshSecret(SECRET)

    assert.deepEqual(refreshed, [true, false, false])
    assert.deepEqual(hurried, [second.spec.name])
  })

  it('keeps the files of its secrets', async () => {
    const { surroundings, kept } = rig()

    await surroundings.tidySecrets()

    assert.deepEqual(kept, [true, true, false])
  })
})
