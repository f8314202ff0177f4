import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { exchange, hello, ok, RawClient, rigs, RawFunction, type CallRig } from './call-rig.ts'

const { start } = rigs()

const GET = 'GET /function/hello HTTP/1.1'
const POST = 'POST /function/hello HTTP/1.1\r\nContent-Length: 2'

/** Its replica has left its address, where others may be now; another one is ready, or none. */
function loseAddress(rig: CallRig, port: number, next?: number): void {
  const lost = {
    id: 'r1',
    fn: hello,
    revision: 1,
    state: 'ready',
    host: '127.0.0.1',
    port,
    sinceMs: 0,
  } as const
  if (next === undefined) rig.invoker.routes.setReady(hello, [])
  else rig.serve(next)
  rig.invoker.routes.cut(lost)
}

describe('a replica that does not answer at its address any more', () => {
  it('has its calls cut at once, not at the end of their time', async () => {
    const { rig, fn, port } = await start(() => undefined)
    const call = exchange(port, POST, 'hi')
    await eventually(() => fn.requests.length === 1)

    loseAddress(rig, fn.port)

    assert.match(await call, /^HTTP\/1\.1 502 /)
    await eventually(() => fn.sockets.every((socket) => socket.destroyed))
    assert.equal(rig.inFlight, 0)
  })

  it('has them cut, too, when it was out of service before', async () => {
    const { rig, fn, port } = await start(() => undefined)
    const call = exchange(port, POST, 'hi')
    await eventually(() => fn.requests.length === 1)
    rig.invoker.routes.setReady(hello, [])

    loseAddress(rig, fn.port)

    assert.match(await call, /^HTTP\/1\.1 502 /)
  })

  it('is not asked again for a call that may be repeated: another replica is', async () => {
    const other = new RawFunction((socket) => socket.write(ok('from the other')))
    const next = await other.start()
    // The first answer leaves a connection, on which the second call gets none.
    const { rig, fn, port } = await start((socket, _text, count) => {
      if (count === 1) socket.write(ok('once'))
    })
    await exchange(port, GET)
    const call = exchange(port, GET)
    await eventually(() => fn.requests.length === 2)

    loseAddress(rig, fn.port, next)

    assert.match(await call, /from the other$/)
    assert.equal(fn.requests.length, 2)
    await other.stop()
  })

  it('keeps no connection that waits for a next call', async () => {
    const { rig, fn, port } = await start(ok('fine'))
    await exchange(port, GET)

    loseAddress(rig, fn.port)

    await eventually(() => fn.sockets.every((socket) => socket.destroyed))
  })

  it('ends the tunnels that lead to it', async () => {
    const { rig, fn, port } = await start((socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
    })
    const client = new RawClient(port)
    client.send(
      `${GET}\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n`,
    )
    await eventually(() => client.text.includes('101 Switching'))

    loseAddress(rig, fn.port)

    await client.rest()
    await eventually(() => rig.inFlight === 0)
  })

  it('does not take others with it', async () => {
    const { rig, fn, port } = await start((socket) => setImmediate(() => socket.write(ok('still here'))))
    const call = exchange(port, GET)
    await eventually(() => fn.requests.length === 1)

    rig.invoker.routes.cut({
      id: 'r9',
      fn: hello,
      revision: 1,
      state: 'ready',
      host: '127.0.0.1',
      port: fn.port,
      sinceMs: 0,
    })

    assert.match(await call, /still here$/)
  })
})
