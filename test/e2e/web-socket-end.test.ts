import assert from 'node:assert/strict'
import { once } from 'node:events'
import { get } from 'node:http'
import type { Socket } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { skipWithoutDocker, testImage } from '../fixtures/images.ts'
import { DaemonProcess } from './daemon-process.ts'

const GOING_AWAY = Buffer.from([0x88, 2, 0x03, 0xe9])

describe('an open WebSocket', { skip: await skipWithoutDocker() }, () => {
  let daemon: DaemonProcess

  before(async () => {
    daemon = await DaemonProcess.start()
    await daemon.deploy({ service: 'chat', image: await testImage('fn') })
  })
  after(() => daemon[Symbol.asyncDispose]())

  /** A client that reads, answers nothing, and leaves when it is told to. */
  async function open(): Promise<{ readonly seen: () => Buffer; readonly closed: Promise<unknown> }> {
    const headers = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-key': 'x' }
    const request = get(`${daemon.url}/function/chat/ws`, { headers })
    const [, socket, first] = (await once(request, 'upgrade')) as [unknown, Socket, Buffer]
    let seen = first
    socket.on('data', (chunk: Buffer) => (seen = Buffer.concat([seen, chunk])))
    socket.on('error', () => {})
    return { seen: () => seen, closed: once(socket, 'close') }
  }

  it('is told to go when its replica is replaced, and holds that up no longer', async () => {
    const { seen, closed } = await open()
    const [old] = await daemon.containersOf('chat')

    await daemon.must('PUT', '/system/functions', { service: 'chat', image: await testImage('fn') })

    await closed
    assert.deepEqual(seen(), GOING_AWAY)
    // Calls may take 60 s to end when their replica goes.
    await eventually(async () => !(await daemon.containersOf('chat')).includes(String(old)), 30_000)
  })

  it('is told to go when the daemon stops, which waits for it no longer', async () => {
    await eventually(async () => (await daemon.call('chat')).status === 200)
    const { seen, closed } = await open()
    const startMs = performance.now()

    assert.equal(await daemon.end('SIGTERM'), 0)
    await closed

    assert.deepEqual(seen(), GOING_AWAY)
    // It would be cut after 30 s.
    assert.ok(performance.now() - startMs < 25_000, 'the stop did not wait for the cut')
    await daemon.launch()
    await daemon.whenHealthy()
  })
})
