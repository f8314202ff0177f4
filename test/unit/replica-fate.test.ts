import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { deathOf } from '../../src/provider/docker/replicas/replica-fate.ts'
import { ReplicaTable } from '../../src/provider/docker/replicas/replica-table.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import { identityOf } from '../fixtures/deployed.ts'

function start() {
  const clock = new FakeClock()
  const table = new ReplicaTable(
    () => clock.wall(),
    () => {},
  )
  table.add('r', identityOf(), { isRunning: true, host: '10.0.0.1' })
  return { clock, table, death: deathOf('r', { table, clock }) }
}

describe('the fate of a replica', () => {
  it('is its end when the news of it comes within a moment', async () => {
    const { clock, table, death } = start()

    await clock.advance(100)
    table.change('r', { isRunning: false, state: 'gone', exitCode: 3 })
    table.delete('r')

    assert.equal((await death)?.exitCode, 3)
    assert.equal(clock.waiting, 0)
  })

  it('is nothing when it lives on, or nobody knows it any more', async () => {
    const { clock, table, death } = start()
    await clock.advance(1_000)
    assert.equal(await death, null)

    const next = deathOf('r', { table, clock })
    table.delete('r')
    assert.equal(await next, null)
  })
})
