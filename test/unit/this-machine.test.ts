import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import {
  bridgedRanges,
  ipv6Ranges,
  localRanges,
  ThisMachine,
} from '../../src/queue/callbacks/this-machine.ts'
import { FakeClock } from '../fakes/fake-clock.ts'

const TRIE = `Main:
  +-- 0.0.0.0/0 3 0 4
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.0
           /8 host LOCAL
        |-- 127.0.0.1
           /32 host LOCAL
     |-- 172.17.0.0
        /16 link UNICAST
     |-- 172.17.0.1
        /32 host LOCAL
     |-- 172.17.255.255
        /32 link BROADCAST
`

const ROUTES = [
  'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT   ',
  'eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0   ',
  'docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0   ',
  'eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0   ',
  'br0\t0001A8C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0   ',
  'br-fb2ead3a50b3\t0050A8C0\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0   ',
  '',
].join('\n')

const ADDRESSES = `fd000000000000000000000000000002 04 40 00 82     eth0
00000000000000000000000000000001 01 80 10 80       lo
fd1200000000000000000000000000a1 66d8 40 20 80 br-fb2ead3a50b3
`

describe('this machine', () => {
  it('has the addresses that the kernel calls local', () => {
    assert.deepEqual(localRanges(TRIE), ['127.0.0.0/8', '127.0.0.1/32', '172.17.0.1/32'])
  })

  it('has the networks behind bridges of containers, and no others', () => {
    assert.deepEqual(bridgedRanges(ROUTES), ['172.17.0.0/16', '192.168.80.0/20'])
    assert.deepEqual(ipv6Ranges(ADDRESSES), [
      'fd00:0000:0000:0000:0000:0000:0000:0002/128',
      '0000:0000:0000:0000:0000:0000:0000:0001/128',
      'fd12:0000:0000:0000:0000:0000:0000:00a1/64',
    ])
  })

  it('includes all of these, and looks again after a while', async () => {
    const files: Record<string, string> = { '/proc/net/fib_trie': TRIE, '/proc/net/if_inet6': ADDRESSES }
    const clock = new FakeClock()
    const machine = new ThisMachine(clock, (path) => files[path] ?? '')

    assert.deepEqual(
      ['172.17.0.1', 'fd12::1', 'fd00::2'].map((one) => machine.includes(one)),
      [true, true, true],
    )
    assert.deepEqual(
      ['172.17.0.9', 'fd13::1', '8.8.8.8'].map((one) => machine.includes(one)),
      [false, false, false],
    )
    files['/proc/net/route'] = ROUTES
    assert.equal(machine.includes('172.17.0.9'), false)
    await clock.advance(2_000)
    assert.equal(machine.includes('172.17.0.9'), true)
  })

  for (const [what, read] of [
    ['by the kernel', undefined],
    ['by Node where the kernel has no such tables', () => assert.fail()],
  ] as const)
    it(`knows its own addresses ${what}`, () => {
      const machine = new ThisMachine(systemClock, read)
      const found = Object.values(networkInterfaces()).flatMap((some = []) =>
        some.map(({ address }) => address),
      )

      assert.ok(found.length > 0)
      assert.deepEqual(
        found.filter((address) => !machine.includes(address)),
        [],
      )
      assert.equal(machine.includes('8.8.8.8'), false)
    })
})
