import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  chainsOf,
  firewallChange,
  type FirewallSettings,
  type FirewallWish,
  nameserversIn,
  ownLines,
} from '../../src/provider/docker/host/firewall-rules.ts'

const OPEN: FirewallSettings = { mode: 'auto', functionPort: 8080, hostPorts: [], privateNetworks: 'open' }
const NETWORK = { bridge: 'br-aaaaaaaaaaaa', gateway: '172.20.0.1' }
const OTHER = { bridge: 'br-bbbbbbbbbbbb', gateway: '172.21.0.1' }
/** What a host with Docker and somebody else's rules lists. */
const HOST = `-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N DOCKER
-N DOCKER-USER
-N SAMPAN-IN-other
-A INPUT -i br-cccccccccccc -m comment --comment sampan-other -j SAMPAN-IN-other
-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT
-A FORWARD -j DOCKER-USER
-A DOCKER-USER -j RETURN
-A SAMPAN-IN-other -j REJECT --reject-with icmp-admin-prohibited
`

function wish(change: Partial<FirewallWish> = {}, settings: Partial<FirewallSettings> = {}): FirewallWish {
  return {
    instance: 'mine',
    networks: [NETWORK],
    nameservers: [],
    settings: { ...OPEN, ...settings },
    ...change,
  }
}

/** A listing after a restore, as far as our rules use one. */
function restored(listing: string, change: string | null): string {
  let lines = listing.split('\n').filter((line) => line !== '')
  for (const order of (change ?? '').split('\n')) {
    const [verb = '', chain = ''] = order.split(' ')
    if (verb.startsWith(':')) {
      lines = lines.filter((line) => !line.startsWith(`-A ${verb.slice(1)} `))
      if (!lines.includes(`-N ${verb.slice(1)}`)) lines.push(`-N ${verb.slice(1)}`)
    }
    if (verb === '-A') lines.push(order)
    if (verb === '-I') lines.unshift(order.replace(/^-I (\S+) 1/, '-A $1'))
    if (verb === '-D') lines.splice(lines.indexOf(order.replace('-D', '-A')), 1)
    if (verb === '-X') lines.splice(lines.indexOf(`-N ${chain}`), 1)
  }
  return lines.join('\n')
}

describe('the rules of the firewall', () => {
  it('let a function reach the gateway of its network and nothing else of the host', () => {
    const change = firewallChange('ipv4', wish(), HOST) ?? ''

    assert.deepEqual(
      change.split('\n').filter((line) => line.includes('SAMPAN-IN')),
      [
        ':SAMPAN-IN-mine - [0:0]',
        '-A SAMPAN-IN-mine -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN',
        '-A SAMPAN-IN-mine -d 172.20.0.1/32 -p tcp -m tcp --dport 8080 -j RETURN',
        '-A SAMPAN-IN-mine -j REJECT --reject-with icmp-admin-prohibited',
        '-I INPUT 1 -i br-aaaaaaaaaaaa -m comment --comment sampan-mine -j SAMPAN-IN-mine',
      ],
    )
  })

  it('close the addresses at which clouds give out credentials, and leave private networks open', () => {
    const change = firewallChange('ipv4', wish(), HOST) ?? ''

    assert.match(change, /-A SAMPAN-FW-mine -d 169\.254\.0\.0\/16 -j REJECT/)
    assert.doesNotMatch(change, /-d 10\.0\.0\.0\/8/)
    assert.match(change, /^-I DOCKER-USER 1 -i br-aaaaaaaaaaaa .* -j SAMPAN-FW-mine$/m)
  })

  it('close private networks where that is set, but not the way to the servers for names', () => {
    const closed = wish({ nameservers: ['192.168.1.1', 'fd00::1'] }, { privateNetworks: 'closed' })
    const change = firewallChange('ipv4', closed, HOST) ?? ''

    const lines = change.split('\n').filter((line) => line.startsWith('-A SAMPAN-FW'))
    assert.match(lines[1] ?? '', /-d 192\.168\.1\.1\/32 -p udp -m udp --dport 53 -j RETURN$/)
    assert.ok(lines.some((line) => line.includes('-d 192.168.0.0/16 -j REJECT')))
    assert.doesNotMatch(change, /fd00/)
  })

  it('open ports of the host that are set, and the gateway only where it listens', () => {
    const settings = { functionPort: 0, hostPorts: [{ protocol: 'udp', port: 53 }] } as const
    const change = firewallChange('ipv4', wish({}, settings), HOST) ?? ''

    assert.match(change, /-A SAMPAN-IN-mine -p udp -m udp --dport 53 -j RETURN/)
    assert.doesNotMatch(change, /172\.20\.0\.1/)
  })

  it('know what IPv6 needs, and its own addresses', () => {
    const change = firewallChange('ipv6', wish({}, { privateNetworks: 'closed' }), '') ?? ''

    assert.match(change, /-A SAMPAN-IN-mine -p ipv6-icmp -j RETURN/)
    assert.match(
      change,
      /-A SAMPAN-FW-mine -d fd00:ec2::254\/128 -j REJECT --reject-with icmp6-adm-prohibited/,
    )
    assert.match(change, /-d fc00::\/7 -j REJECT/)
    assert.match(change, /^-I FORWARD 1 /m)
    assert.doesNotMatch(change, /172\.20/)
  })

  it('are right once they are set, whatever else is there', () => {
    const set = restored(HOST, firewallChange('ipv4', wish(), HOST))

    assert.equal(firewallChange('ipv4', wish(), set), null)
    assert.equal(firewallChange('ipv4', wish(), set.replaceAll('sampan-mine', '"sampan-mine"')), null)
  })

  it('follow networks that come and go, each jump once', () => {
    const first = restored(HOST, firewallChange('ipv4', wish(), HOST))
    const both = wish({ networks: [NETWORK, OTHER] })
    const second = restored(first, firewallChange('ipv4', both, first))
    const third = restored(second, firewallChange('ipv4', wish({ networks: [OTHER] }), second))

    assert.equal(second.match(/-j SAMPAN-IN-mine/g)?.length, 2)
    assert.equal(third.match(/-j SAMPAN-(?:IN|FW)-mine/g)?.length, 2)
    assert.doesNotMatch(third, /br-aaaaaaaaaaaa|172\.20/)
  })

  it('come back when somebody flushed a chain, or took a jump away', () => {
    const set = restored(HOST, firewallChange('ipv4', wish(), HOST))
    const without = (part: RegExp) =>
      set
        .split('\n')
        .filter((line) => !part.test(line))
        .join('\n')

    for (const damage of [
      /^-A SAMPAN-IN-mine/,
      /^-A INPUT .*-j SAMPAN-IN-mine/,
      /^-A DOCKER-USER .*FW-mine/,
    ]) {
      const damaged = without(damage)
      assert.notEqual(damaged, set)
      const mended = restored(damaged, firewallChange('ipv4', wish(), damaged))
      assert.equal(firewallChange('ipv4', wish(), mended), null)
    }
  })

  it('are single where a jump was set twice', () => {
    const set = restored(HOST, firewallChange('ipv4', wish(), HOST))
    const jump = set.split('\n').find((line) => line.startsWith('-A INPUT') && line.endsWith('IN-mine')) ?? ''
    const twice = `${jump}\n${set}`

    const mended = restored(twice, firewallChange('ipv4', wish(), twice))

    assert.equal(mended.split('\n').filter((line) => line === jump).length, 1)
  })

  it('go altogether with the last network, and leave those of others as they are', () => {
    const none = wish({ networks: [] })
    const set = restored(HOST, firewallChange('ipv4', wish(), HOST))

    assert.equal(firewallChange('ipv4', none, HOST), null)
    assert.equal(`${restored(set, firewallChange('ipv4', none, set))}\n`, HOST)
  })

  it('never name an interface or a chain of somebody else', () => {
    const change = firewallChange('ipv4', wish({ networks: [NETWORK, OTHER] }), HOST) ?? ''

    assert.doesNotMatch(change, /other|br-cccccccccccc|-P |-F /)
    for (const line of change.split('\n').filter((order) => order.startsWith('-I')))
      assert.match(line, /^-I (?:INPUT|DOCKER-USER) 1 -i br-[ab]{12} /)
  })

  it('have chains whose names iptables takes and that no two instances share', () => {
    const names = ['a', 'a'.repeat(32), `${'a'.repeat(31)}b`].map(chainsOf)

    for (const { input, forward } of names) {
      assert.ok(input.length <= 28 && forward.length <= 28)
      assert.notEqual(input, forward)
    }
    assert.equal(new Set(names.map(({ input }) => input)).size, 3)
  })

  it('the rules of the firewall of one instance are told from those of another whose name begins alike', () => {
    const listing = '-N SAMPAN-IN-mine\n-N SAMPAN-IN-mine-2\n-A INPUT -j SAMPAN-IN-mine'

    assert.equal(ownLines('mine', listing), '-N SAMPAN-IN-mine\n-A INPUT -j SAMPAN-IN-mine')
  })
})

describe('the servers for names of a host', () => {
  it('are those that Docker asks from inside a network: not the ones on the loopback', () => {
    const text =
      '# a\nnameserver 127.0.0.53\n nameserver 10.0.0.2 \nnameserver ::1\nnameserver fd00::2\nsearch x\n'

    assert.deepEqual(nameserversIn(text), ['10.0.0.2', 'fd00::2'])
    assert.deepEqual(nameserversIn('nameserver 1.1.1.1 -j ACCEPT\nnameserver $(x)'), [])
  })
})
