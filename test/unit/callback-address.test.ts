import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addressKind, formsOf, type AddressKind } from '../../src/queue/callbacks/address-kind.ts'
import { AddressPolicy, type AddressPolicyOptions } from '../../src/queue/callbacks/address-policy.ts'

/** First and last address of each range, and the neighbours outside of it. */
const KINDS: readonly (readonly [AddressKind, readonly string[]])[] = [
  ['unspecified', ['0.0.0.0', '0.255.255.255', '::']],
  ['public', ['1.0.0.0', '9.255.255.255', '11.0.0.0', '126.255.255.255', '128.0.0.0', '8.8.8.8']],
  ['private', ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255']],
  [
    'private',
    ['192.168.0.0', '192.168.255.255', '100.64.0.0', '100.127.255.255', '198.18.0.0', '198.19.255.255'],
  ],
  [
    'public',
    ['172.15.255.255', '172.32.0.0', '192.167.255.255', '192.169.0.0', '100.63.255.255', '100.128.0.0'],
  ],
  [
    'public',
    ['198.17.255.255', '198.20.0.0', '169.253.255.255', '169.255.0.0', '192.0.1.0', '223.255.255.255'],
  ],
  ['loopback', ['127.0.0.0', '127.0.0.1', '127.255.255.255', '::1']],
  ['link-local', ['169.254.0.0', '169.254.169.254', '169.254.170.2', '169.254.255.255']],
  [
    'link-local',
    ['fe80::', 'fe80::1', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fe80::a9fe:a9fe', 'fe80::1%eth0'],
  ],
  [
    'metadata',
    ['fd00:ec2::254', 'fd00:ec2::23', 'fd20:ce::254', '100.100.100.200', '168.63.129.16', '192.0.0.192'],
  ],
  ['private', ['fd00:ec1:ffff::', 'fd00:ec3::', 'fd20:ce::253', '100.100.100.199', '100.100.100.100']],
  [
    'multicast',
    ['224.0.0.0', '239.255.255.255', 'ff00::', 'ff02::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ],
  [
    'reserved',
    ['240.0.0.0', '255.255.255.254', '192.0.0.0', '192.0.0.255', 'fec0::', 'feff:ffff::', '100::1'],
  ],
  ['reserved', ['64:ff9b:1::', '64:ff9b:1:ffff::7f00:1', '2001::', '2001:0:ffff::', '2001::7f00:1']],
  ['broadcast', ['255.255.255.255']],
  ['private', ['fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fd12::1']],
  [
    'public',
    ['fbff:ffff::', 'fe00::', 'fe7f:ffff::', '2001:1::', '2000:ffff::', '2606:4700::1', '64:ff9b:2::7f00:1'],
  ],
]

/** How IPv6 carries an address of IPv4. */
const CARRIERS: Readonly<Record<string, (high: string, low: string) => string>> = {
  mapped: (high, low) => `::ffff:${high}:${low}`,
  compatible: (high, low) => `::${high}:${low}`,
  translated: (high, low) => `::ffff:0:${high}:${low}`,
  NAT64: (high, low) => `64:ff9b::${high}:${low}`,
  '6to4': (high, low) => `2002:${high}:${low}::1`,
}

describe('the kind of an address', () => {
  for (const [kind, addresses] of KINDS)
    for (const address of addresses)
      it(`${address} is ${kind}`, () => {
        assert.equal(addressKind(address), kind)
      })

  for (const [form, carry] of Object.entries(CARRIERS))
    it(`is the same in IPv6's ${form} form`, () => {
      const plain = KINDS.flatMap(([kind, addresses]) =>
        addresses.filter((one) => one.includes('.')).map((address) => ({ kind, address })),
      )

      const wrong = plain.filter(({ kind, address }) => {
        const [high, low] = hexOf(address)
        // 0.0.0.0 and 0.0.0.1 in compatible form are :: and ::1.
        return addressKind(carry(high, low)) !== kind
      })

      assert.ok(plain.length > 40)
      assert.deepEqual(wrong, [])
    })

  it('is the same however IPv6 is written', () => {
    const written = [
      '::ffff:169.254.169.254',
      '0:0:0:0:0:FFFF:A9FE:A9FE',
      '::FFFF:a9fe:a9fe',
      '64:ff9b::169.254.1.1',
    ]

    assert.deepEqual(
      written.map(addressKind),
      written.map(() => 'link-local'),
    )
    assert.deepEqual(formsOf('0:0:0:0:0:FFFF:A9FE:A9FE'), ['::ffff:a9fe:a9fe', '169.254.169.254'])
  })

  it('agrees with arithmetic for each first half of an address of IPv4', () => {
    for (let high = 0; high < 0x1_0000; high += 1) {
      const [a, b] = [high >> 8, high & 0xff]
      assert.equal(addressKind(`${a}.${b}.7.7`), byArithmetic(a, b), `${a}.${b}.7.7`)
    }
  })

  it('is none for what is no address', () => {
    assert.deepEqual(['', 'a', '1.2.3', '010.0.0.1', '1.2.3.4.5', '::g', '%eth0'].flatMap(formsOf), [])
  })
})

describe('the policy for addresses of callbacks', () => {
  it('refuses loopback, this machine, and what nobody should call, and lets the rest pass', () => {
    const policy = make({ isHere: (address) => address === '192.168.1.5' })

    const passed = ['8.8.8.8', '10.0.0.1', '192.168.1.6', '2606:4700::1', 'fd12::1'].map((one) =>
      ask(policy, one),
    )
    const refused = [
      '127.0.0.1',
      '::1',
      '192.168.1.5',
      '::ffff:192.168.1.5',
      '169.254.169.254',
      '0.0.0.0',
      'x',
    ]

    assert.deepEqual(passed, [null, null, null, null, null])
    for (const address of refused) assert.match(ask(policy, address) ?? '', /address/, address)
    assert.equal(
      ask(policy, '169.254.169.254'),
      '169.254.169.254 is a link-local address, and SAMPAN_CALLBACK_ALLOW does not list it',
    )
  })

  it('refuses private networks when functions do not reach them either', () => {
    const policy = make({ privateNetworks: 'closed', allow: ['10.1.0.0/16'] })

    assert.match(ask(policy, '10.0.0.1') ?? '', /SAMPAN_PRIVATE_NETWORKS is closed/)
    assert.equal(ask(policy, '10.1.0.1'), null)
    assert.equal(ask(policy, '8.8.8.8'), null)
  })

  it('refuses our own listeners whatever is allowed, in every form of their address', () => {
    const own = (address: string, port: number) => address === '192.168.1.5' && port === 8080
    const policy = make({ own, allow: ['0.0.0.0/0', '::/0', '*'] })

    for (const address of ['192.168.1.5', '::ffff:192.168.1.5', '64:ff9b::c0a8:105', '2002:c0a8:105::'])
      assert.match(ask(policy, address, 8080) ?? '', /is this gateway itself/)
    assert.equal(ask(policy, '192.168.1.5', 8081), null)
  })

  it('lets a rule for the address open anything else', () => {
    const policy = make({ allow: ['127.0.0.1:9000', '169.254.1.0/24', '[::1]:9000', 'fd00:ec2::254'] })

    assert.equal(ask(policy, '127.0.0.1', 9000), null)
    assert.equal(ask(policy, '::ffff:127.0.0.1', 9000), null)
    assert.equal(ask(policy, '::1', 9000), null)
    assert.equal(ask(policy, '169.254.1.7'), null)
    assert.equal(ask(policy, 'fd00:ec2::254'), null)
    assert.match(ask(policy, '127.0.0.1', 9001) ?? '', /loopback/)
    assert.match(ask(policy, '127.0.0.2', 9000) ?? '', /loopback/)
  })

  it('lets a rule for the name open the machine, but not what only clouds and the kernel use', () => {
    const policy = make({ allow: ['*.example.org', 'hook:9000'] })
    const named = (hostname: string, address: string, port = 80) =>
      policy.addressRefusal({ hostname, address, port })

    assert.equal(named('a.example.org', '127.0.0.1'), null)
    assert.equal(named('a.example.org.', '127.0.0.1'), null)
    assert.equal(named('hook', '127.0.0.1', 9000), null)
    assert.match(named('hook', '127.0.0.1', 80) ?? '', /loopback/)
    assert.match(named('example.org', '127.0.0.1') ?? '', /loopback/)
    assert.match(named('badexample.org', '127.0.0.1') ?? '', /loopback/)
    assert.match(named('a.example.org', '169.254.169.254') ?? '', /link-local/)
    assert.match(named('a.example.org', 'fd00:ec2::254') ?? '', /metadata/)
    assert.match(named('a.example.org', '0.0.0.0') ?? '', /unspecified/)
  })

  it('the policy for addresses of callbacks with a list of all that is denied lets only what is allowed pass', () => {
    const policy = make({ deny: ['*'], allow: ['hooks.example.org', '10.0.0.0/8'] })

    assert.equal(
      policy.addressRefusal({ hostname: 'hooks.example.org', address: '8.8.8.8', port: 443 }),
      null,
    )
    assert.equal(ask(policy, '10.0.0.1'), null)
    assert.equal(ask(policy, '8.8.8.8'), '8.8.8.8 is ruled out by SAMPAN_CALLBACK_DENY')
    // It might lead to 10.0.0.0/8.
    assert.equal(policy.hostRefusal('other.example.org', 80), null)
    assert.match(make({ deny: ['*'] }).hostRefusal('other.example.org', 80) ?? '', /ruled out/)
  })

  it('denies names and addresses', () => {
    const policy = make({ deny: ['bad.example.org', '203.0.113.0/24', '*:25'] })

    assert.match(policy.hostRefusal('bad.example.org', 80) ?? '', /ruled out/)
    assert.equal(policy.hostRefusal('good.example.org', 80), null)
    assert.match(policy.hostRefusal('good.example.org', 25) ?? '', /ruled out/)
    assert.match(ask(policy, '203.0.113.9') ?? '', /ruled out/)
    assert.match(
      policy.addressRefusal({ hostname: 'bad.example.org', address: '8.8.8.8', port: 80 }) ?? '',
      /ruled/,
    )
  })

  it('knows of a host what needs no resolver', () => {
    const policy = make({})

    for (const host of ['127.0.0.1', '[::1]', '[fe80::1]', 'localhost', 'localhost.', 'a.localhost'])
      assert.match(policy.hostRefusal(host, 80) ?? '', /address/, host)
    for (const host of ['example.org', '8.8.8.8', '[2606:4700::1]', 'localhost.example.org'])
      assert.equal(policy.hostRefusal(host, 80), null, host)
    assert.equal(make({ allow: ['localhost:9000'] }).hostRefusal('localhost', 9000), null)
  })

  it('complains of malformed rules by the name of the setting', () => {
    const wrong = [
      '',
      ' ',
      'a b',
      'http://a',
      '10.0.0',
      '10.0.0.0/33',
      '300.1.1.1',
      '::/129',
      'a:0',
      'a:65536',
      'a:',
    ]
    const more = ['a.*', '*a', '10.0.0.0/', '[::1', '[::1]:', 'a/8', '-.', '**', 'a:1:2', '1.2.3.4/8/8']

    for (const rule of [...wrong, ...more, 'é.org', '10.0.0.0/-1', '10.0.0.0/1e1'])
      assert.throws(() => make({ deny: [rule] }), /^Error: SAMPAN_CALLBACK_DENY: .* is not a host/, rule)
  })
})

function make(options: Partial<AddressPolicyOptions>): AddressPolicy {
  const none = () => false
  return new AddressPolicy({
    allow: [],
    deny: [],
    privateNetworks: 'open',
    own: none,
    isHere: none,
    ...options,
  })
}

/** For an address that the URL itself has. */
function ask(policy: AddressPolicy, address: string, port = 80): string | null {
  return policy.addressRefusal({ hostname: address, address, port })
}

function hexOf(address: string): [string, string] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number)
  // No zeros before a digit, as they are written.
  return [((a << 8) | b).toString(16), ((c << 8) | d).toString(16)]
}

function byArithmetic(a: number, b: number): AddressKind {
  if (a === 0) return 'unspecified'
  if (a === 127) return 'loopback'
  if (a === 169 && b === 254) return 'link-local'
  if (a >= 224 && a < 240) return 'multicast'
  if (a >= 240) return 'reserved'
  const isPrivate =
    a === 10 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 100 && b >= 64 && b < 128) ||
    (a === 198 && (b === 18 || b === 19))
  return isPrivate ? 'private' : 'public'
}
