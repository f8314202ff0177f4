import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Family } from '../../src/provider/docker/host/firewall-rules.ts'
import { Firewall } from '../../src/provider/docker/host/firewall.ts'
import { RecordingLog } from '../fakes/recording-log.ts'

const NETWORK = { bridge: 'br-aaaaaaaaaaaa', gateway: '172.20.0.1', hasIpv6: false }

/** A table that takes what it is told, and writes rules in its own way. */
class FakeIptables {
  readonly listed: Family[] = []
  readonly restored: string[] = []
  listing = '-P INPUT ACCEPT\n'
  failure = ''

  async list(family: Family): Promise<string> {
    await Promise.resolve()
    this.listed.push(family)
    if (this.failure !== '') throw new Error(this.failure)
    return this.listing
  }

  async restore(_family: Family, rules: string): Promise<void> {
    await Promise.resolve()
    this.restored.push(rules)
    // No line is as it was sent: some release of iptables may do that.
    this.listing = `-P INPUT ACCEPT\n-N SAMPAN-IN-mine\n-A SAMPAN-IN-mine --some --other --form ${rules.length}\n`
  }
}

function make(mode: 'auto' | 'off' = 'auto', hasInterface = true) {
  const iptables = new FakeIptables()
  const log = new RecordingLog()
  const firewall = new Firewall({
    instance: 'mine',
    settings: { mode, functionPort: 8080, hostPorts: [], privateNetworks: 'open' },
    iptables,
    nameservers: async () => [],
    hasInterface: () => hasInterface,
    log,
  })
  return { iptables, log, firewall }
}

describe('the firewall', () => {
  it('is up before anything runs in a network, and asked for once by many', async () => {
    const { firewall, iptables } = make()
    firewall.want([NETWORK])

    await Promise.all([1, 2, 3].map(() => firewall.whenTried(NETWORK)))

    assert.equal(iptables.restored.length, 1)
  })

  it('sets rules again that were flushed, and only then', async () => {
    const { firewall, iptables } = make()
    firewall.want([NETWORK])
    await firewall.settled()
    await firewall.look()
    assert.equal(iptables.restored.length, 1)

    iptables.listing = '-P INPUT ACCEPT\n'
    await firewall.look()

    assert.equal(iptables.restored.length, 2)
  })

  it('warns once where it may not, says what to do, and holds nobody up', async () => {
    const { firewall, iptables, log } = make()
    iptables.failure = 'iptables: Permission denied (you must be root)'
    firewall.want([NETWORK])

    await firewall.whenTried(NETWORK)
    await firewall.look()
    const asked = iptables.listed.length
    await firewall.whenTried(NETWORK)

    assert.equal(iptables.listed.length, asked)
    const warnings = log.lines.filter(({ level }) => level === 'warn')
    assert.equal(warnings.length, 1)
    assert.match(String(warnings[0]?.fields['reason']), /you must be root/)
    assert.match(
      String(warnings[0]?.fields['cure']),
      /CAP_NET_ADMIN.*scripts\/firewall\.sh.*SAMPAN_FIREWALL=off/,
    )
  })

  it('says that it works again', async () => {
    const { firewall, iptables, log } = make()
    iptables.failure = 'busy'
    firewall.want([NETWORK])
    await firewall.settled()

    iptables.failure = ''
    await firewall.look()

    assert.ok(log.lines.some(({ message }) => message === 'firewall working again'))
    assert.equal(iptables.restored.length, 1)
  })

  it('does not claim to guard networks that are not on this host', async () => {
    const { firewall, iptables, log } = make('auto', false)
    firewall.want([NETWORK])
    await firewall.settled()

    assert.deepEqual(iptables.restored, [])
    assert.match(String(log.lines[0]?.fields['reason']), /not interfaces of this host/)
  })

  it('asks for IPv6 rules only where a network has IPv6, and takes them away with it', async () => {
    const { firewall, iptables } = make()
    firewall.want([NETWORK])
    await firewall.settled()
    assert.ok(!iptables.listed.includes('ipv6'))

    firewall.want([{ ...NETWORK, hasIpv6: true }])
    await firewall.settled()
    assert.ok(iptables.listed.includes('ipv6'))

    iptables.listed.length = 0
    firewall.want([])
    await firewall.settled()
    assert.ok(iptables.listed.includes('ipv6'))
  })

  it('the firewall that is off takes away what it set before, looks once, and complains of nothing', async () => {
    const { firewall, iptables, log } = make('off')
    iptables.listing = '-N SAMPAN-IN-mine\n-N SAMPAN-FW-mine\n-A SAMPAN-IN-mine -j RETURN\n'
    firewall.want([NETWORK])
    await firewall.whenTried(NETWORK)
    await firewall.look()
    await firewall.look()

    assert.match(iptables.restored.join(), /-X SAMPAN-IN-mine\n-X SAMPAN-FW-mine/)
    assert.doesNotMatch(iptables.restored.join(), /br-a|REJECT/)
    assert.equal(iptables.restored.length, 1)
    assert.ok(log.lines.every(({ level }) => level === 'info'))
  })
})
