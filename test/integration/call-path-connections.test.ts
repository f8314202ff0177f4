import assert from 'node:assert/strict'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import { describe, it } from 'node:test'
import { setImmediate as endOfTurn } from 'node:timers/promises'
import type { Call } from '../../src/core/calls/call.ts'
import { eventually } from '../fakes/eventually.ts'
import { deadPort, exchange, hello, ok, RawFunction, rigs, type CallRig } from './call-rig.ts'

const { start, startEmpty } = rigs()

const GET = 'GET /function/hello HTTP/1.1'

describe('a connection kept from an earlier call', () => {
  const closeOnSecond = (socket: Socket, _text: string, count: number): void => {
    if (count === 2) socket.resetAndDestroy()
    else socket.write(ok(`answer ${count}`))
  }

  it('a connection kept from an earlier call is replaced by a new one when it fails under a call that may be sent twice', async () => {
    const { port, rig } = await start(closeOnSecond)

    await exchange(port, GET)
    const answer = await exchange(port, GET)

    assert.match(answer, /answer 3$/)
    assert.deepEqual(rig.counts, { 200: 2 })
    assert.deepEqual(rig.suspected, [])
  })

  for (const [method, body] of [
    ['POST', ''],
    ['PATCH', ''],
    ['PUT', 'x'],
  ] as const) {
    it(`fails a ${method} ${body === '' ? '' : 'with a body '}that may have been done`, async () => {
      const { port, fn } = await start(closeOnSecond)

      await exchange(port, GET)
      const answer = await exchange(
        port,
        `${method} /function/hello HTTP/1.1\r\nContent-Length: ${body.length}`,
        body,
      )

      assert.match(answer, /^HTTP\/1\.1 502 /)
      assert.equal(fn.requests.length, 2)
    })
  }

  it('a connection kept from an earlier call is not tried a third time', async () => {
    const { port, fn } = await start((socket, _text, count) => {
      if (count > 1) socket.resetAndDestroy()
      else socket.write(ok('hi'))
    })

    await exchange(port, GET)

    assert.match(await exchange(port, GET), /^HTTP\/1\.1 502 /)
    assert.equal(fn.requests.length, 3)
  })

  it('18.4.6: a kept connection serves on after a HEAD', async () => {
    const { port, fn } = await start((socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'))

    await exchange(port, 'HEAD /function/hello HTTP/1.1')
    await exchange(port, 'HEAD /function/hello HTTP/1.1')

    assert.equal(fn.requests.length, 2)
    assert.equal(fn.sockets.length, 1)
  })

  it('a connection kept from an earlier call is not used longer than the function says that it keeps it', async () => {
    const { port, fn } = await start((socket) => socket.write(ok('hi', 'Keep-Alive: timeout=1\r\n')))

    await exchange(port, GET)
    await exchange(port, GET)

    assert.equal(fn.sockets.length, 2)
  })

  it('a connection kept from an earlier call is closed when nobody used it for a while', async () => {
    const { port, fn } = await start(ok('hi'))
    await exchange(port, GET)

    await eventually(() => fn.sockets[0]?.readableEnded === true, 10_000)
  })

  it('closes when its replica leaves, after the call on it', async () => {
    const { port, rig, fn, replica } = await start((socket, text) => {
      if (text.includes('/slow')) setTimeout(() => socket.write(ok('done')), 50)
      else socket.write(ok('hi'))
    })
    await exchange(port, GET)
    const slow = exchange(port, 'GET /function/hello/slow HTTP/1.1')
    await eventually(() => fn.requests.length === 2)
    assert.equal(rig.invoker.ledger.inFlight(replica), 1)

    rig.invoker.routes.setReady(hello, [])
    const idle = rig.invoker.ledger.whenIdle(replica, new AbortController().signal)

    assert.match(await slow, /done$/)
    await idle
    await eventually(() => fn.sockets.every((socket) => socket.destroyed || socket.readableEnded))
  })
})

/** A call that is made within this turn of the event loop, without a client in between. */
function callNow(rig: CallRig, method: string, body: Call['body']): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    rig.invoker.invoke(
      {
        fn: 'hello',
        method,
        path: '/',
        rawHeaders: [],
        body,
        rawTrailers: [],
        callId: 'c',
        startTime: '1',
        forwardedFor: null,
        forwardedHost: null,
        forwardedPrefix: null,
      },
      {
        onStart: (status) => (text = `${status} `),
        onInterim: () => undefined,
        onData: (chunk) => {
          text += Buffer.from(chunk).toString('latin1')
          return true
        },
        onEnd: () => resolve(text),
        onError: (error) => {
          resolve(error.code)
          return 502
        },
      },
    )
  })
}

describe('a kept connection on which something comes before the call is written', () => {
  const surprises: Readonly<Record<string, (socket: Socket | undefined) => void>> = {
    'its end': (socket) => socket?.end(),
    'a reset': (socket) => socket?.resetAndDestroy(),
    'an answer': (socket) => socket?.write(ok('nobody asked')),
    'a whole answer and its end': (socket) => socket?.end('HTTP/1.1 408 X\r\nContent-Length: 0\r\n\r\n'),
  }
  for (const [what, surprise] of Object.entries(surprises)) {
    for (const [call, method, body] of [
      ['a GET', 'GET', null],
      ['a POST', 'POST', Buffer.from('body')],
      ['a streamed POST', 'POST', Readable.from([Buffer.from('body')])],
    ] as const) {
      it(`a kept connection on which something comes before the call is written (${what}) is replaced by a new one, for ${call} too`, async () => {
        const { port, rig, fn } = await start((socket, _text, count) => socket.write(ok(`answer ${count}`)))
        await exchange(port, GET)

        // The function's bytes are read in the next turn, and the call is written at its end.
        await endOfTurn()
        surprise(fn.sockets[0])
        const answer = await callNow(rig, method, body)

        assert.equal(answer, '200 answer 2')
        assert.deepEqual(rig.counts, { 200: 2 })
        assert.deepEqual(
          fn.requests.map((request) => request.split(' ')[0]),
          ['GET', method],
        )
      })
    }
  }

  it('a kept connection on which something comes before the call is written is replaced once', async () => {
    const { rig, fn } = await start((socket) => socket.write(ok('hi')))
    await callNow(rig, 'GET', null)
    const greet = (socket: Socket): void => void socket.write('220 hello\r\n\r\n')
    fn.onConnection = greet

    await endOfTurn()
    greet(fn.sockets[0] as Socket)

    assert.equal(await callNow(rig, 'POST', null), 'bad-gateway')
    assert.equal(fn.sockets.length, 2)
  })
})

describe('a replica that refuses', () => {
  it('a call whose kept connection dies because its replica does is answered by another replica', async () => {
    const dying: RawFunction = new RawFunction((socket, _text, count) => {
      if (count === 1) socket.write(ok('one'))
      else void dying.stop()
    })
    const { rig, fn } = await start(ok('other'))
    rig.serve(await dying.start(), fn.port)

    for (let call = 0; call < 6; call += 1)
      assert.match(await exchange(rig.port, 'GET /function/hello HTTP/1.1'), /^HTTP\/1\.1 200 /)

    assert.equal(dying.requests.length, 2)
    assert.equal(rig.suspected.length, 1)
  })

  it('a replica that refuses is reported, and the next one is called', async () => {
    const { rig, fn, port } = await start((socket) => socket.write(ok('alive')))
    rig.serve(await deadPort(), fn.port)

    const answers = await Promise.all(
      [1, 2, 3, 4].map(() => exchange(port, 'POST /function/hello HTTP/1.1\r\nContent-Length: 2', 'ab')),
    )

    for (const answer of answers) assert.match(answer, /alive$/)
    assert.ok(rig.suspected.length >= 1)
    assert.deepEqual(rig.counts, { 200: 4 })
  })

  it('7.6: a replica that refuses makes the call wait for another, and 502 when none comes', async () => {
    const rig = await startEmpty({ wakeMs: 80 })
    rig.serve(await deadPort())

    const answer = await exchange(rig.port, GET)

    assert.match(answer, /^HTTP\/1\.1 502 [^]*ECONNREFUSED/)
    assert.equal(rig.suspected.length, 1)
    assert.equal(rig.wakeUps, 1)
  })
})
