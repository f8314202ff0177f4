import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { deployed } from '../fixtures/deployed.ts'
import { exchange, ok, RawClient, rigs } from './call-rig.ts'

const { start } = rigs()

const GET = 'GET /function/hello HTTP/1.1'
const silent = (): undefined => undefined

describe('a function with limits of its own', () => {
  it('has its calls ended by its own time, which the 504 names', async () => {
    const annotations = { 'com.sampan.call.timeout': '1s' }
    const { port } = await start(silent, {}, { annotations })

    assert.match(
      await exchange(port, GET),
      /^HTTP\/1\.1 504 [^]*the gateway waited 1s for function \S+ to complete its answer \(annotation com\.sampan\.call\.timeout\)\n$/,
    )
  })

  it('has no more calls at a time than it says, and the 429 names the annotation', async () => {
    const { port, rig } = await start(silent, {}, { annotations: { 'com.sampan.call.concurrency': '1' } })
    const first = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => rig.inFlight === 1)

    assert.match(
      await exchange(port, GET),
      /^HTTP\/1\.1 429 [^]*has 1 calls of function \S+ under way \(annotation com\.sampan\.call\.concurrency\)\n$/,
    )

    first.socket.resetAndDestroy()
    await eventually(() => rig.inFlight === 0)
  })

  it('has those of its newest revision, from the next call on', async () => {
    const { port, rig } = await start(ok('hi'), {}, { annotations: { 'com.sampan.call.concurrency': '1' } })
    const first = rig.invoker.routes.find('hello')

    rig.invoker.routes.add(deployed({ spec: { annotations: { 'com.sampan.call.concurrency': '7' } } }))

    assert.equal(rig.invoker.routes.find('hello'), first, 'with its counts')
    assert.equal(first?.policy.calls.most, 7)
    assert.match(await exchange(port, GET), /^HTTP\/1\.1 200 /)
  })
})
