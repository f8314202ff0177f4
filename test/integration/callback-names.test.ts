import assert from 'node:assert/strict'
import type { LookupAddress } from 'node:dns'
import { describe, it } from 'node:test'
import { AddressPolicy } from '../../src/queue/callbacks/address-policy.ts'
import { resolveBySystem } from '../../src/queue/callbacks/checked-lookup.ts'
import { callbackTo, deliver, failureOf, openSender, receive } from '../fixtures/callback-rig.ts'

describe('the name in a callback URL', () => {
  it('is resolved, and the address is connected to', async () => {
    const receiver = await receive()

    const outcome = await deliver(openSender(), callbackTo(receiver.url('/hook', 'hook.test')))

    assert.equal(outcome.kind, 'delivered')
    assert.equal(receiver.only.headers.host, `hook.test:${receiver.port}`)
  })

  for (const address of [
    '169.254.169.254',
    '127.0.0.2',
    '::1',
    'fd00:ec2::254',
    '::ffff:169.254.169.254',
    '0.0.0.0',
  ])
    it(`has failed for good when it leads to ${address}`, async () => {
      const sender = openSender({ resolve: to(address) })

      const { reason, isFinal } = failureOf(await deliver(sender, callbackTo('http://hook.test/')))

      assert.match(
        reason,
        /^hook\.test may not be called: .* address, and SAMPAN_CALLBACK_ALLOW does not list it$/,
      )
      assert.equal(isFinal, true)
    })

  it('leads to those of its addresses only that are good', async () => {
    const receiver = await receive()
    const sender = openSender({ resolve: to('127.0.0.2', '::1', '127.0.0.1', '169.254.169.254') })

    const outcome = await deliver(sender, callbackTo(receiver.url('/hook', 'hook.test')))

    assert.equal(outcome.kind, 'delivered')
  })

  it('is not asked about again between check and connection', async () => {
    const receiver = await receive()
    let asked = 0
    const answers = ['127.0.0.1', '169.254.169.254']
    const sender = openSender({ resolve: (name) => to(answers[asked++] ?? '')(name) })

    const outcome = await deliver(sender, callbackTo(receiver.url('/hook', 'hook.test')))

    assert.deepEqual([outcome.kind, asked], ['delivered', 1])
  })

  it('is checked with the port, so that no listener of ours is reached', async () => {
    const receiver = await receive()
    const own = (address: string, port: number) => address === '127.0.0.1' && port === receiver.port
    const policy = new AddressPolicy({
      allow: ['*'],
      deny: [],
      privateNetworks: 'open',
      own,
      isHere: () => false,
    })

    const { reason, isFinal } = failureOf(
      await deliver(openSender({ policy }), callbackTo(receiver.url('/hook', 'hook.test'))),
    )

    assert.match(reason, /is this gateway itself/)
    assert.equal(isFinal, true)
    assert.equal(receiver.connections, 0)
  })

  it('the name in a callback URL that nobody knows has failed for now', async () => {
    const unknown = Object.assign(new Error('queryA hook.test'), { code: 'ENOTFOUND' })
    const later = Object.assign(new Error('queryA hook.test'), { code: 'EAI_AGAIN' })
    for (const resolve of [() => Promise.reject(unknown), () => Promise.reject(later), to()]) {
      const { reason, isFinal } = failureOf(
        await deliver(openSender({ resolve }), callbackTo('http://hook.test/')),
      )

      assert.match(reason, /^http:\/\/hook\.test has a name that cannot be resolved/)
      assert.equal(isFinal, false)
    }
  })

  it('is resolved as the machine does it, if nothing else is said', async () => {
    const found = await resolveBySystem('localhost')

    assert.ok(found.some(({ address }) => address === '127.0.0.1' || address === '::1'))
  })
})

function to(...addresses: readonly string[]): (name: string) => Promise<readonly LookupAddress[]> {
  return () =>
    Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })))
}
