import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makerLabels } from '../../src/provider/docker/container/labels.ts'
import { Ownership } from '../../src/provider/docker/belongings/ownership.ts'
import type { OwningRegistry } from '../../src/provider/docker/belongings/ownership.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { owningRegistry } from '../fixtures/owning-registry.ts'

const OURS = 'b'.repeat(32)
const THEIRS = 'c'.repeat(32)
const FOLDER = '/mnt/disk/sampan'
const byUs = makerLabels({ registryId: OURS, dataDir: '/elsewhere' })
const byThem = makerLabels({ registryId: THEIRS, dataDir: FOLDER })

type Labels = Readonly<Record<string, string>>

function rig(
  registry: OwningRegistry,
  things: {
    readonly wanted?: readonly string[]
    readonly containers?: readonly Labels[]
    readonly networks?: readonly Labels[]
  },
) {
  const log = new RecordingLog()
  const asked: string[] = []
  const list = async (label: string, all: readonly Labels[] = []) => {
    asked.push(label)
    return all.map((labels) => ({ labels }))
  }
  const engine = {
    listContainers: (label: string) => list(label, things.containers),
    listNetworks: (label: string) => list(label, things.networks),
  }
  const ownership = new Ownership({
    engine,
    instance: 'shop',
    dataDir: '/data',
    registry,
    wanted: things.wanted ?? [],
    log,
  })
  return { log, asked, ownership }
}

describe('what belongs to a registry', () => {
  it('carries its id and, for people, its data folder', () => {
    const { ownership } = rig(owningRegistry('b'), {})

    assert.deepEqual(ownership.labels, { 'com.sampan.registry': OURS, 'com.sampan.data-dir': '/data' })
    assert.equal(ownership.isOurs(byUs), true)
    assert.equal(ownership.isOurs(byThem), false)
    assert.equal(ownership.isOurs({}), false)
  })

  it('is all that there is, or nothing may be done', async () => {
    const { ownership, asked } = rig(owningRegistry('b'), {
      containers: [byUs, byThem, byThem],
      networks: [byThem],
    })

    await assert.rejects(ownership.settle(), (error: Error) => {
      assert.match(error.message, /^the instance "shop" has 2 containers and 1 network on this engine/)
      assert.match(
        error.message,
        /created for another registry, that of the data folder \/mnt\/disk\/sampan; nothing was touched/,
      )
      assert.match(error.message, new RegExp(`SAMPAN_DATA_DIR.*SAMPAN_INSTANCE.*SAMPAN_TAKE_OVER=${THEIRS}$`))
      return true
    })
    assert.equal(ownership.dispute?.code, 'conflict')
    assert.deepEqual(asked, ['com.sampan.instance=shop', 'com.sampan.instance=shop'])
  })

  it('says so when the folder is the same, and empty: its disk may not be mounted', async () => {
    const before = makerLabels({ registryId: THEIRS, dataDir: '/data' })

    await assert.rejects(
      rig(owningRegistry('b'), { containers: [before] }).ownership.settle(),
      /another registry, which was in this very data folder, \/data; nothing was touched\. Is its disk mounted\?/,
    )
  })

  it('may be settled later, when the others are gone', async () => {
    const containers = [byThem]
    const { ownership } = rig(owningRegistry('b'), { containers })
    await assert.rejects(ownership.settle())

    containers.pop()
    await ownership.settle()

    assert.equal(ownership.dispute, null)
  })

  it('grows when the operator wants it to, and stays so without being told again', async () => {
    const registry = owningRegistry('b')
    const { ownership, log } = rig(registry, { wanted: [THEIRS], containers: [byThem], networks: [byThem] })

    await ownership.settle()

    assert.equal(ownership.isOurs(byThem), true)
    assert.deepEqual(ownership.owners(), [OURS, THEIRS])
    assert.deepEqual(log.named('taken over from another registry')[0]?.fields, {
      registry: THEIRS,
      dataDir: FOLDER,
      containers: 1,
      networks: 1,
    })
    await rig(registry, { containers: [byThem] }).ownership.settle()
  })

  it('does not grow by what a running daemon has', async () => {
    const { ownership } = rig(owningRegistry('b', [THEIRS]), { wanted: [THEIRS], containers: [byThem] })

    await assert.rejects(ownership.settle(), /a Sampan on this host runs with it.*Stop that one first/)
    assert.equal(ownership.isOurs(byThem), false)
  })

  it('includes what carries no id only where that is known to be its own, or wanted', async () => {
    const things = { containers: [{}] }
    await assert.rejects(
      rig(owningRegistry('b'), things).ownership.settle(),
      /has 1 container on this engine, created by an earlier release.*SAMPAN_TAKE_OVER=unmarked$/,
    )

    const { ownership } = rig(owningRegistry('b'), { ...things, wanted: ['unmarked'] })
    await ownership.settle()

    assert.equal(ownership.isOurs({}), true)
    assert.equal(ownership.isOurs(byThem), false)
  })
})
