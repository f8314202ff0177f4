import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { GatewayServer } from '../../src/gateway/gateway-server.ts'
import { connectionShared } from '../../src/gateway/edge/connection-shared.ts'
import { Listener } from '../../src/gateway/edge/listener.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { EDGE_LIMITS, gatewayOptions } from '../fixtures/edge.ts'
import { freePort } from '../fixtures/free-port.ts'

const open: GatewayServer[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop(50)
})

async function start(functionPort: number) {
  const log = new RecordingLog()
  const calls = { handle: () => {}, upgrade: () => {} }
  const server = new GatewayServer(
    { calls, api: () => new Response('here'), clock: { ...systemClock, after: soon }, log },
    gatewayOptions({ functionPort }),
  )
  open.push(server)
  await server.start()
  return { server, log }
}

/** Retries come at once. */
function soon(_ms: number, action: () => void): () => void {
  return systemClock.after(5, action)
}

async function answers(host: string, port: number): Promise<boolean> {
  return await fetch(`http://${host}:${port}/x`).then(
    async (response) => (await response.text()) === 'here',
    () => false,
  )
}

describe('addresses for functions', () => {
  it('addresses for functions come and go at run time', async () => {
    const port = await freePort()
    const { server } = await start(port)

    server.listenOn(['127.0.0.2', '127.0.0.3'])
    await eventually(async () => (await answers('127.0.0.2', port)) && (await answers('127.0.0.3', port)))
    server.listenOn(['127.0.0.3'])
    await eventually(async () => !(await answers('127.0.0.2', port)))

    assert.equal(await answers('127.0.0.3', port), true)
  })

  it('addresses for functions that are taken or not there yet are logged once, tried again and never fatal', async () => {
    const port = await freePort()
    const holder = createServer().listen(port, '127.0.0.4')
    await once(holder, 'listening')
    const { server, log } = await start(port)

    server.listenOn(['127.0.0.4', '192.0.2.77'])
    await eventually(() => log.messages('warn').length === 2)
    server.listenOn(['127.0.0.4', '192.0.2.77'])
    holder.close()

    await eventually(() => answers('127.0.0.4', port))
    assert.equal(log.messages('warn').length, 2)
  })

  it('addresses for functions that stay taken for long cost nothing', async () => {
    const holder = createServer().listen(0, '127.0.0.1')
    await once(holder, 'listening')
    const { port } = holder.address() as AddressInfo
    const listener = new Listener(
      connectionShared({
        handler: { request: () => {} },
        isDraining: () => false,
        times: { headMs: 1_000, bodyMs: 1_000, halfClosedMs: 1_000 },
        limits: EDGE_LIMITS,
        clock: systemClock,
        log: new RecordingLog(),
      }),
    )
    const warnings: Error[] = []
    const onWarning = (warning: Error) => warnings.push(warning)
    process.on('warning', onWarning)

    for (let attempt = 0; attempt < 12; attempt += 1) {
      await assert.rejects(listener.listen({ host: '127.0.0.1', port }), { code: 'EADDRINUSE' })
    }
    holder.close()
    await once(holder, 'close')
    const bound = await listener.listen({ host: '127.0.0.1', port })
    await listener.close()
    process.off('warning', onWarning)

    assert.equal(bound.port, port)
    assert.deepEqual(warnings, [])
  })

  it('addresses for functions are ignored with port 0', async () => {
    const { server, log } = await start(0)

    server.listenOn(['127.0.0.5'])

    assert.deepEqual(log.messages('info'), ['gateway listening'])
  })
})
