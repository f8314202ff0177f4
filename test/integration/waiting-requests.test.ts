import assert from 'node:assert/strict'
import { afterEach, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { GatewayServer } from '../../src/gateway/gateway-server.ts'
import { eventually } from '../fakes/eventually.ts'
import { RecordingLog } from '../fakes/recording-log.ts'
import { ADMIN, testApp } from '../fakes/test-app.ts'
import { gatewayOptions } from '../fixtures/edge.ts'
import { RawClient } from './call-rig.ts'

const FOLLOW = `GET /system/logs?name=f&follow=true HTTP/1.1\r\nHost: a\r\nAuthorization: ${ADMIN}\r\n\r\n`

const WRONG = withPassword('wrong')

/** Wrong guesses that are looked at as they come, and those that may wait after them. */
const BURST = 20
const PLACES = 16

const open: { stop(drainMs: number): Promise<void> }[] = []
afterEach(async () => {
  for (const server of open.splice(0)) await server.stop(0)
})

/** The API on a real socket, with a function `f`. */
async function start() {
  const { app, ask, logs } = testApp()
  const noCall = (): never => assert.fail('no function was called')
  const server = new GatewayServer(
    {
      calls: { handle: noCall, upgrade: noCall },
      api: (request, env) => app.fetch(request, env),
      clock: systemClock,
      log: new RecordingLog(),
    },
    gatewayOptions({ halfClosedMs: 200 }),
  )
  const { port } = await server.start()
  open.push(server)
  assert.equal((await ask('POST', '/system/functions', { service: 'f', image: 'f:1' })).status, 202)
  return { server, port, logs }
}

function withPassword(password: string): string {
  const credentials = Buffer.from(`admin:${password}`).toString('base64')
  return `GET /system/info HTTP/1.1\r\nHost: a\r\nAuthorization: Basic ${credentials}\r\n\r\n`
}

/** `count` clients that guess wrong, once each. */
function guessers(port: number, count: number): RawClient[] {
  return Array.from({ length: count }, () => new RawClient(port).send(WRONG))
}

/** The first bytes of the answer. Rejects, and leaves, when there is none in time. */
async function answerTo(port: number, request: string, limitMs: number): Promise<string> {
  const client = new RawClient(port).send(request)
  await eventually(() => client.text !== '', limitMs).finally(() => client.socket.destroy())
  return client.text
}

/** Resolves when the line of guesses has no place left. */
async function untilFull(port: number): Promise<void> {
  await eventually(async () => (await answerTo(port, withPassword('secret'), 200)).includes(' 429 '))
}

describe('requests of the API whose client leaves', () => {
  it('end, those that wait behind others on their connection never begin', async () => {
    const { port, logs } = await start()
    const client = new RawClient(port).send(FOLLOW.repeat(10))
    await eventually(() => logs.readers === 1)

    client.socket.destroy()

    await eventually(() => logs.readers === 0)
  })

  it('give their places in the line of guesses up', async () => {
    const { port } = await start()
    guessers(port, BURST)
    const clients = guessers(port, PLACES)
    await untilFull(port)

    for (const client of clients) client.socket.destroy()

    // With nobody before it, it is the next.
    await eventually(
      async () => (await answerTo(port, withPassword('secret'), 4_000)).includes(' 200 '),
      6_000,
    )
  })
})

describe('guesses that wait', () => {
  it('guesses that wait do not hold up the stop of the server, and are told why', async () => {
    const { port, server } = await start()
    const clients = guessers(port, BURST + PLACES)
    await untilFull(port)
    const waiting = clients.filter(({ text }) => text === '')
    assert.ok(waiting.length >= PLACES, `${waiting.length} wait`)

    let isStopped = false
    void server.stop(30_000).then(() => (isStopped = true))

    await eventually(() => waiting.every(({ text }) => /^HTTP\/1\.1 503 [^]*Retry-After/i.test(text)), 1_000)
    await eventually(() => isStopped, 5_000)
  })
})
