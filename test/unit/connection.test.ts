import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { systemClock } from '../../src/clock.ts'
import { functionName } from '../../src/core/functions/function-name.ts'
import { Connection, type ConnectionUser } from '../../src/invoke/http1/connection.ts'
import { WriteBatch } from '../../src/write-batch.ts'
import { eventually } from '../fakes/eventually.ts'

/** What a connection told its user. */
class Told implements ConnectionUser {
  isOpen = false
  text = ''
  isEnded = false
  broken: Error | null = null
  goOn = true

  onOpen(): void {
    this.isOpen = true
  }

  onWritten(): void {}

  onBytes(bytes: Buffer, length: number): boolean {
    this.text += bytes.toString('latin1', 0, length)
    return this.goOn
  }

  onDrain(): void {}

  onEnd(): void {
    this.isEnded = true
  }

  onBroken(error: Error): void {
    this.broken = error
  }
}

const servers: Server[] = []
const connections: Connection[] = []
afterEach(() => {
  for (const connection of connections.splice(0)) connection.destroy()
  for (const server of servers.splice(0)) server.close()
})

/** An open connection, and the function's end of it, which nobody reads yet. */
async function connected(isForTunnel = false): Promise<{ connection: Connection; told: Told; far: Socket }> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true })
  servers.push(server)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const accepted = once(server, 'connection')
  const connection = new Connection({
    replica: {
      id: 'r',
      fn: functionName('hello'),
      revision: 1,
      state: 'ready',
      host: '127.0.0.1',
      port,
      sinceMs: 0,
    },
    clock: systemClock,
    writes: new WriteBatch(),
    onLost: () => undefined,
    onClosed: () => undefined,
    onFault: (error) => assert.fail(String(error)),
    isForTunnel,
  })
  connections.push(connection)
  const told = new Told()
  connection.take(told)
  const [far] = (await accepted) as [Socket]
  far.on('error', () => {})
  await eventually(() => told.isOpen)
  return { connection, told, far }
}

describe('a connection to a function', () => {
  it('a connection to a function is read to its end when a write meets a reset', async () => {
    const { connection, told, far } = await connected()

    // All in one turn: when the write fails, nobody has looked at what came before the reset.
    far.write('early answer')
    far.resetAndDestroy()
    connection.write('more of the body')

    await eventually(() => told.broken !== null)
    assert.equal(told.text, 'early answer')
    assert.equal(told.isEnded, false, 'a reset is no end')
  })

  it('a connection to a function is read to its end, too, when somebody paused it before a write met a reset', async () => {
    const { connection, told, far } = await connected()
    told.goOn = false
    far.write('early ')
    await eventually(() => told.text === 'early ')

    far.write('answer')
    far.resetAndDestroy()
    connection.write('more of the body')
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(told.text, 'early ')
    told.goOn = true
    connection.resume()

    await eventually(() => told.broken !== null)
    assert.equal(told.text, 'early answer')
  })

  for (const isForTunnel of [false, true]) {
    for (const [state, pendingBytes] of [
      ['with nothing left to write', 0],
      ['with much of a body left to write', 32 * 1024 * 1024],
    ] as const) {
      const kind = isForTunnel ? 'that may become a tunnel' : 'for calls'
      it(`a connection to a function is broken, not ended, when a reset comes with the last bytes: ${kind}, ${state}`, async () => {
        const { connection, told, far } = await connected(isForTunnel)
        if (pendingBytes > 0) assert.equal(connection.write(Buffer.alloc(pendingBytes)), false)

        far.write('half')
        far.resetAndDestroy()

        await eventually(() => told.broken !== null || told.isEnded)
        assert.equal(told.text, 'half')
        assert.equal(told.isEnded, false)
      })
    }
  }

  it('a connection to a function is ended, also with much of a body left to write, when the function says that it will send no more', async () => {
    const { connection, told, far } = await connected()
    connection.write(Buffer.alloc(32 * 1024 * 1024))

    far.end('all')

    await eventually(() => told.broken !== null || told.isEnded)
    assert.equal(told.text, 'all')
    assert.equal(told.broken, null)
  })

  it('a connection to a function is ended when the function says that it will send no more', async () => {
    const { connection, told, far } = await connected()
    let taken = ''

    far.end('all')
    await eventually(() => told.isEnded)
    far.on('data', (chunk: Buffer) => (taken += chunk.toString('latin1'))).resume()
    connection.write('the rest of the call')

    await eventually(() => taken === 'the rest of the call')
    assert.equal(told.text, 'all')
    assert.equal(told.broken, null)
  })

  it('a connection to a function that is aborted tells the function by a reset, not by an end in good order', async () => {
    const { connection, told, far } = await connected()
    far.resume()
    const failed = once(far, 'error') as Promise<[Error & { code?: string }]>

    connection.abort()

    assert.equal((await failed)[0].code, 'ECONNRESET')
    assert.equal(told.broken, null)
  })

  it('knows whether all that was written is on its way', async () => {
    const { connection, far } = await connected()
    assert.equal(connection.isFlushed, true)

    connection.write(Buffer.alloc(32 << 20))
    assert.equal(connection.isFlushed, false)
    far.resume()

    await eventually(() => connection.isFlushed)
  })

  it('knows that a late write is still to be done', async () => {
    const { connection } = await connected()

    connection.writeLate('a')

    assert.equal(connection.isFlushed, false)
    await eventually(() => connection.isFlushed)
  })
})
