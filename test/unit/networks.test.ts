import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError } from '../../src/core/errors.ts'
import type { NetworkDetails, NetworkSummary } from '../../src/provider/docker/engine/answers.ts'
import { Networks } from '../../src/provider/docker/belongings/networks.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

/** Networks of an engine that answers a turn later, and refuses a name twice. */
class FakeNetworks {
  readonly there = new Map<string, NetworkSummary>()
  created = 0

  async listNetworks(): Promise<readonly NetworkSummary[]> {
    return [...this.there.values()]
  }

  /** Longest packet on the engine's own default network. */
  mtu = 1_500
  attached = 0
  options: Readonly<Record<string, string>> = {}

  async createNetwork(body: object): Promise<string> {
    await Promise.resolve()
    if (this.there.size > 0) throw new FaasError('conflict', 'network with this name exists')
    this.created += 1
    const { Labels: labels, Options: options } = body as {
      readonly Labels: Record<string, string>
      readonly Options: Record<string, string>
    }
    this.options = options
    const mtu = Number(options['com.docker.network.driver.mtu'] ?? 1_500)
    const id = `id${this.created}`
    this.there.set(id, { ...bridged(id, ''), labels, subnet: '10.9.0.0/16', mtu })
    return id
  }

  async inspectNetwork(idOrName: string): Promise<NetworkDetails | null> {
    if (idOrName === 'bridge') return { mtu: this.mtu, attached: 0 }
    const found = this.there.get(idOrName)
    return found === undefined ? null : { mtu: found.mtu, attached: this.attached }
  }

  async removeNetwork(id: string): Promise<void> {
    await Promise.resolve()
    this.there.delete(id)
  }
}

function bridged(id: string, gateway: string): NetworkSummary {
  return { id, name: 'n', labels: {}, subnet: '', gateway, bridge: `br-${id}`, hasIpv6: false, mtu: 1_500 }
}

describe('networks', () => {
  const make = (mtu: number | null = null, engine = new FakeNetworks()) => {
    const log = new RecordingLog()
    const ownership = {
      labels: { 'com.sampan.registry': 'ours' },
      isOurs: (labels: Readonly<Record<string, string>>) => labels['com.sampan.registry'] === 'ours',
    }
    const told: (readonly string[])[] = []
    const onAddresses = (addresses: readonly string[]) => told.push(addresses)
    const fenced: string[] = []
    const fence = {
      want: () => {},
      whenTried: async ({ id }: { readonly id: string }) => {
        await Promise.resolve()
        fenced.push(id)
      },
    }
    return {
      engine,
      told,
      fenced,
      log,
      networks: new Networks({ engine, instance: 'test', ownership, mtu, log, onAddresses, fence }),
    }
  }

  it('are made once for many who need them, and told of once', async () => {
    const { engine, told, networks } = make()

    const all = await Promise.all([1, 2, 3].map(() => networks.ensure('spaced')))
    await networks.look()

    assert.equal(engine.created, 1)
    assert.deepEqual(new Set(all.map(({ gateway }) => gateway)), new Set(['10.9.0.1']))
    assert.deepEqual(told, [['10.9.0.1']])
  })

  it('are fenced before anybody gets to know them', async () => {
    const { fenced, networks } = make()

    await networks.ensure('spaced')

    assert.deepEqual(fenced, ['id1'])
  })

  it('are found again after a restart', async () => {
    const { engine, networks } = make()
    await networks.ensure('spaced')

    const network = await make(null, engine).networks.ensure('spaced')

    assert.equal(network.id, 'id1')
  })

  it('networks that are being removed are made anew for who needs them then', async () => {
    const { engine, networks } = make()
    await networks.ensure('spaced')

    const removal = networks.remove('spaced')
    const network = await networks.ensure('spaced')
    await removal

    assert.equal(engine.created, 2)
    assert.equal(engine.there.has(network.id), true)
  })

  it('networks of somebody else under our name are not used', async () => {
    const { engine, networks } = make()
    engine.there.set('x', bridged('x', '10.1.0.1'))

    await assert.rejects(networks.ensure('spaced'), /is not ours/)
  })

  it('networks of another registry are not used, though the instance has the same name', async () => {
    const { engine, networks } = make()
    await networks.ensure('spaced')
    for (const network of engine.there.values()) {
      engine.there.set(network.id, {
        ...network,
        labels: { ...network.labels, 'com.sampan.registry': 'another' },
      })
    }

    await assert.rejects(make(null, engine).networks.ensure('spaced'), /is not ours/)
  })

  it('take packets as long as the default network, or as set', async () => {
    const option = async (bridge: number, set: number | null) => {
      const { engine, networks } = make(set)
      engine.mtu = bridge
      await networks.ensure('spaced')
      return engine.options['com.docker.network.driver.mtu']
    }

    assert.equal(await option(1_500, null), undefined)
    assert.equal(await option(1_400, null), '1400')
    assert.equal(await option(1_400, 1_280), '1280')
    assert.equal(await option(1_400, 1_500), '1500')
  })

  it('networks that take longer packets are made anew once nobody is in them, which is said once before', async () => {
    const { engine, networks, log } = make()
    const before = await networks.ensure('spaced')
    engine.mtu = 1_400
    engine.attached = 1

    await networks.removeWrongSizes()
    await networks.removeWrongSizes()
    assert.equal((await networks.ensure('spaced')).id, before.id)
    assert.equal(log.named('network has the wrong MTU').length, 1)

    engine.attached = 0
    await networks.look()
    assert.equal((await networks.ensure('spaced')).id, before.id, 'a look changes nothing')
    await networks.removeWrongSizes()
    const after = await networks.ensure('spaced')
    assert.notEqual(after.id, before.id)
    assert.equal(after.mtu, 1_400)
  })
})
