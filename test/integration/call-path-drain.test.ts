import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { RawClient, rigs } from './call-rig.ts'

const { start } = rigs()

const AGREED = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const ASK = 'GET /function/hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'
const GOING_AWAY = '\x88\x02\x03\xe9'

/** A WebSocket of which both ends are raw: what each was sent, as text. */
async function opened(more: { readonly says?: string } = {}) {
  let heard = ''
  let upstream: Socket | null = null
  const rig = await start((socket) => {
    upstream = socket
    socket.removeAllListeners('data').removeAllListeners('end')
    socket.on('data', (chunk) => (heard += chunk.toString('latin1')))
    socket.write(AGREED + (more.says ?? ''), 'latin1')
  })
  const client = new RawClient(rig.port).send(ASK)
  await eventually(() => client.text.includes('\r\n\r\n') && upstream !== null)
  client.text = client.text.slice(client.text.indexOf('\r\n\r\n') + 4)
  return { ...rig, client, heard: () => heard, end: () => upstream?.end() }
}

describe('the end of WebSockets', () => {
  it('is a close frame to both sides when their replica is about to go, and the drain is over when they went', async () => {
    const { rig, replica, client, heard, end } = await opened()
    let isIdle = false
    void rig.invoker.ledger.whenIdle(replica, new AbortController().signal).then(() => (isIdle = true))

    await eventually(() => client.text === GOING_AWAY && heard().startsWith('\x88\x82'))
    assert.equal(isIdle, false)
    client.socket.end()
    end()

    await eventually(() => isIdle)
    assert.deepEqual(rig.counts, { 101: 1 })
  })

  it('is a cut where a side does not go', async () => {
    const { rig, replica, client } = await opened()
    const startMs = performance.now()

    await rig.invoker.ledger.whenIdle(replica, new AbortController().signal)

    assert.ok(performance.now() - startMs > 1_500, 'both had time to go')
    await eventually(() => client.isEnded || client.isClosed)
    assert.equal(client.text, GOING_AWAY)
  })

  it('is not put into a frame that is under way', async () => {
    const { rig, replica, client, fn } = await opened({ says: '\x82\x04ab' })
    await eventually(() => client.text === '\x82\x04ab')
    const idle = rig.invoker.ledger.whenIdle(replica, new AbortController().signal)

    fn.sockets[0]?.write('cd\x82\x01e', 'latin1')
    await eventually(() => client.text.length === 6 + GOING_AWAY.length)

    assert.equal(client.text, `\x82\x04abcd${GOING_AWAY}`)
    client.socket.destroy()
    await idle
  })

  it('is asked for when the gateway is about to go, also of those that open then', async () => {
    const { rig, client } = await opened()

    rig.invoker.ledger.endTunnels()
    const late = new RawClient(rig.port).send(ASK)

    await eventually(() => client.text === GOING_AWAY && late.text.endsWith(GOING_AWAY))
    client.socket.destroy()
    late.socket.destroy()
    await eventually(() => rig.inFlight === 0)
  })
})
