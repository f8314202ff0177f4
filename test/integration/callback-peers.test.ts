import assert from 'node:assert/strict'
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { FakeClock } from '../fakes/fake-clock.ts'
import {
  callbackTo,
  deliver,
  failureOf,
  openSender,
  peer,
  receive,
  receiveOverTls,
} from '../fixtures/callback-rig.ts'

const TIMEOUT_MS = 30_000

describe('a peer that is called back', () => {
  it('a peer that is called back and never answers costs its time, and no more', async () => {
    const clock = new FakeClock()
    const silent = await peer((socket) => socket.resume())
    const sender = openSender({ clock })

    const attempt = deliver(sender, callbackTo(silent.url()))
    await eventually(() => silent.connections === 1)
    await clock.advance(TIMEOUT_MS)

    const { reason, isFinal } = failureOf(await attempt)
    assert.match(reason, /^http:\/\/127\.0\.0\.1:\d+ did not take the answer within 30 s, a fixed limit$/)
    assert.equal(isFinal, false)
    await eventually(() => silent.sockets.size === 0 && sender.openConnections === 0)
    assert.equal(clock.waiting, 0)
  })

  it('a peer that is called back and never reads costs its time, and the file is closed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'sampan-callback-'))
    const path = join(folder, 'answer')
    await writeFile(path, '')
    await truncate(path, 50_000_000)
    const clock = new FakeClock()
    const deaf = await peer((socket) => socket.pause())

    const attempt = deliver(
      openSender({ clock }),
      callbackTo(deaf.url(), { body: { path, size: 50_000_000 } }),
    )
    await eventually(() => deaf.connections === 1)
    await clock.advance(TIMEOUT_MS)

    assert.match(failureOf(await attempt).reason, /did not take the answer/)
    await rm(folder, { recursive: true })
  })

  for (const [what, act] of [
    ['closes at once', 'destroy'],
    ['closes its side only', 'end'],
    ['resets the connection', 'resetAndDestroy'],
  ] as const)
    it(`a peer that is called back and ${what} has not taken the answer`, async () => {
      const hasty = await peer((socket) => void socket.once('data', () => socket[act]()), true)
      const sender = openSender()

      const { reason, isFinal } = failureOf(await deliver(sender, callbackTo(hasty.url())))

      assert.match(reason, /broke off before it answered \((ECONNRESET|EPIPE)\)$/)
      assert.equal(isFinal, false)
      await eventually(() => sender.openConnections === 0)
    })

  for (const [what, answer] of [
    ['something else than HTTP', '220 mail.example.org ESMTP\r\n'],
    ['a head without an end', `HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`],
    ['a change of protocol', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'],
  ] as const)
    it(`a peer that is called back and answers with ${what} has not taken the answer`, async () => {
      const odd = await peer((socket) => void socket.once('data', () => socket.write(answer)))
      const sender = openSender()

      assert.match(
        failureOf(await deliver(sender, callbackTo(odd.url()))).reason,
        /^http:\/\/127\.0\.0\.1:\d+ /,
      )
      await eventually(() => sender.openConnections === 0)
    })

  it('may answer without an end: it is read no further than 64 KiB', async () => {
    let written = 0
    const huge = await peer((socket) => {
      const more = () => {
        while (!socket.destroyed && socket.write(Buffer.alloc(16_384))) written += 16_384
      }
      socket.on('drain', more)
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n')
        more()
      })
    })
    const sender = openSender()

    assert.deepEqual(await deliver(sender, callbackTo(huge.url())), { kind: 'delivered', status: 200 })
    await eventually(() => huge.sockets.size === 0 && sender.openConnections === 0)
    // What the kernel holds for both ends.
    assert.ok(written < 20_000_000, `${written} bytes`)
  })

  it('may dawdle over the rest of its answer: nobody waits for that', async () => {
    const clock = new FakeClock()
    const slow = await peer(
      (socket) =>
        void socket.once('data', () => socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 9\r\n\r\n1')),
    )
    const sender = openSender({ clock })

    const attempt = deliver(sender, callbackTo(slow.url()))
    // The limit of the attempt, and that of the rest.
    await eventually(() => clock.waiting === 2)
    await clock.advance(1_000)

    assert.deepEqual(await attempt, { kind: 'delivered', status: 202 })
    await eventually(() => slow.sockets.size === 0)
  })

  it('may answer before it has read all', async () => {
    const quick = await peer((socket) => {
      socket.once('data', () => {
        socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n')
        socket.pause()
      })
    })
    const sender = openSender()

    const outcome = await deliver(sender, callbackTo(quick.url(), { body: Buffer.alloc(30_000_000) }))

    assert.match(failureOf(outcome).reason, /answered with the status 413$/)
    await eventually(() => sender.openConnections === 0)
  })

  it('may say first that it is at work', async () => {
    const chatty = await peer(
      (socket) =>
        void socket.once('data', () =>
          socket.end('HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n'),
        ),
    )

    assert.deepEqual(await deliver(openSender(), callbackTo(chatty.url())), {
      kind: 'delivered',
      status: 204,
    })
  })

  it('must have a certificate that somebody trusts', async () => {
    const safe = await receiveOverTls()
    const sender = openSender()

    const { reason, isFinal } = failureOf(
      await deliver(sender, callbackTo(`https://hook.test:${safe.port}/token`)),
    )

    assert.match(
      reason,
      /^the certificate of https:\/\/hook\.test:\d+ is not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/,
    )
    assert.equal(isFinal, false)
    assert.deepEqual(safe.received, [])
  })

  it('must speak TLS where the URL says so', async () => {
    const plain = await receive()

    const { reason } = failureOf(await deliver(openSender(), callbackTo(`https://127.0.0.1:${plain.port}/`)))

    assert.match(reason, /^https:\/\/127\.0\.0\.1:\d+ (does not speak TLS|could not be called)/)
  })
})
