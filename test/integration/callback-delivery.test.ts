import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { HopelessError } from '../../src/queue/callbacks/callback.ts'
import { eventually } from '../fakes/eventually.ts'
import { callbackTo, deliver, failureOf, openSender, peer, receive } from '../fixtures/callback-rig.ts'
import { freePort } from '../fixtures/free-port.ts'

describe('a callback', () => {
  it('is one POST with the answer, its headers and ours', async () => {
    const receiver = await receive()

    const outcome = await deliver(openSender(), callbackTo(receiver.url('/a%2Fb?c=d')))

    assert.deepEqual(outcome, { kind: 'delivered', status: 200 })
    const { method, url, rawHeaders, body } = receiver.only
    assert.equal(`${method} ${url} ${body.toString()}`, 'POST /a%2Fb?c=d the answer')
    assert.deepEqual(
      rawHeaders,
      [
        ['Host', `127.0.0.1:${receiver.port}`],
        ['Content-Type', 'text/plain'],
        ['User-Agent', 'sampan-queue-worker/1.2.3'],
        ['X-Call-Id', 'call-1'],
        ['X-Duration-Seconds', '0.250000'],
        ['X-Function-Status', '200'],
        ['X-Function-Name', 'hello'],
        ['X-Start-Time', '1700000000000000000'],
        ['X-Retry', '1'],
        ['X-Retry-Max', '5'],
        ['Content-Length', '10'],
        ['Connection', 'keep-alive'],
      ].flat(),
    )
  })

  it('keeps repeats, Latin-1 and what a function says in odd ways, and is not misled by it', async () => {
    const receiver = await receive()
    const rawHeaders = [
      'X-A',
      '1',
      'x-a',
      '2',
      'X-L',
      '\u00e9',
      'X-Bad',
      'a\r\nb',
      'Host',
      'evil',
      'Expect',
      '100-continue',
    ]
    const more = ['Content-Length', '3', 'Transfer-Encoding', 'chunked', 'Connection', 'x-a']

    const outcome = await deliver(
      openSender(),
      callbackTo(receiver.url(), { rawHeaders: [...rawHeaders, ...more] }),
    )

    assert.equal(outcome.kind, 'delivered')
    const { headers, body } = receiver.only
    assert.equal(body.toString(), 'the answer')
    assert.equal(headers.host, `127.0.0.1:${receiver.port}`)
    assert.deepEqual(
      [headers['x-a'], headers['x-l'], headers['x-bad'], headers.expect],
      [undefined, '\u00e9', undefined, undefined],
    )
  })

  it('carries the user and password of its URL, in place of what the function says', async () => {
    const receiver = await receive()
    const sender = openSender()
    const url = receiver.url().replace('//', '//u:p%40@')

    await deliver(sender, callbackTo(url, { rawHeaders: ['authorization', 'Bearer x'] }))
    await deliver(sender, callbackTo(receiver.url(), { rawHeaders: ['authorization', 'Bearer x'] }))

    const [first, second] = receiver.received.map(({ headers }) => headers.authorization)
    assert.equal(first, `Basic ${Buffer.from('u:p@').toString('base64')}`)
    assert.equal(second, 'Bearer x')
  })

  it('may be empty', async () => {
    const receiver = await receive()

    await deliver(openSender(), callbackTo(receiver.url(), { body: new Uint8Array() }))

    assert.equal(receiver.only.headers['content-length'], '0')
  })

  for (const status of [200, 201, 204, 299])
    it(`is delivered with ${status}`, async () => {
      const receiver = await receive((response) => response.writeHead(status).end())

      assert.deepEqual(await deliver(openSender(), callbackTo(receiver.url())), { kind: 'delivered', status })
    })

  for (const status of [300, 304, 400, 404, 410, 429, 500, 503])
    it(`has failed for now with ${status}`, async () => {
      const receiver = await receive((response) => response.writeHead(status).end('because'))

      const outcome = await deliver(openSender(), callbackTo(receiver.url()))

      const { reason, isFinal } = failureOf(outcome)
      assert.match(reason, new RegExp(`^http://127\\.0\\.0\\.1:\\d+ answered with the status ${status}`))
      assert.deepEqual(outcome, { kind: 'failed', reason, isFinal, status })
      assert.equal(isFinal, false)
    })

  it('says who refuses connections, and neither credentials nor path', async () => {
    const url = `http://user:hidden@127.0.0.1:${await freePort()}/token?a=token`

    const { reason, isFinal } = failureOf(await deliver(openSender(), callbackTo(url)))

    assert.match(reason, /^http:\/\/127\.0\.0\.1:\d+ refuses connections \(ECONNREFUSED\)$/)
    assert.equal(isFinal, false)
  })

  it('a callback to what is no good URL has failed for good, without credentials in the reason', async () => {
    const sender = openSender()
    for (const url of [
      '',
      'x',
      'ftp://u:hidden@h/',
      'http://u:hidden@169.254.169.254/',
      'http://u%ff:word@h/',
      'http://u:hidden@h:0/',
    ]) {
      const { reason, isFinal } = failureOf(await deliver(sender, callbackTo(url)))

      assert.equal(isFinal, true, url)
      assert.doesNotMatch(reason, /hidden/)
    }
  })
})

describe('a callback with its body in a file', () => {
  let folder = ''
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'sampan-callback-'))))
  after(() => rm(folder, { recursive: true, force: true }))

  const kept = async (bytes: Buffer, size = bytes.length) => {
    const path = join(folder, 'answer')
    await writeFile(path, bytes)
    return { path, size }
  }

  it('streams it', async () => {
    const receiver = await receive()
    const bytes = Buffer.alloc(3_000_001, 'sampan')

    const outcome = await deliver(openSender(), callbackTo(receiver.url(), { body: await kept(bytes) }))

    assert.equal(outcome.kind, 'delivered')
    assert.equal(receiver.only.headers['content-length'], '3000001')
    assert.ok(receiver.only.body.equals(bytes))
  })

  it('sends what was there when it was kept, and none of what came later', async () => {
    const texts: string[] = []
    let size = 0
    const raw = await peer((socket) => {
      let text = ''
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1')
        if (text.endsWith(`\r\n\r\n${'abcdef'.slice(0, size)}`))
          socket.end('HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n')
      })
      socket.once('end', () => texts.push(text))
    }, true)

    for (size of [3, 0])
      await deliver(openSender(), callbackTo(raw.url(), { body: await kept(Buffer.from('abcdef'), size) }))
    await eventually(() => texts.length === 2)

    assert.deepEqual(
      texts.map((text) => text.split('\r\n\r\n')[1]),
      ['abc', ''],
    )
  })

  it('has failed for good when the file is gone or cut off, and is seen to be incomplete', async () => {
    const receiver = await receive()
    const sender = openSender()

    const short = failureOf(
      await deliver(sender, callbackTo(receiver.url(), { body: await kept(Buffer.from('ab'), 3) })),
    )
    const gone = failureOf(
      await deliver(sender, callbackTo(receiver.url(), { body: { path: join(folder, 'none'), size: 3 } })),
    )

    assert.deepEqual(short, {
      kind: 'failed',
      reason: 'the kept answer of the function is shorter than it was',
      isFinal: true,
    })
    assert.match(gone.reason, /cannot be read: ENOENT$/)
    assert.equal(gone.isFinal, true)
    assert.deepEqual(receiver.received, [])
    await eventually(() => sender.openConnections === 0)
  })

  it('is signed like bytes are, and with the secret only', async () => {
    const receiver = await receive()
    const bytes = Buffer.alloc(200_000, 'x')
    const body = await kept(bytes)
    const rawHeaders = ['X-Signature-256', 'sha256=forged']

    await deliver(openSender({ secret: 'key' }), callbackTo(receiver.url(), { body, rawHeaders }))
    await deliver(
      openSender({ secret: Buffer.from('key') }),
      callbackTo(receiver.url(), { body: bytes, rawHeaders }),
    )
    await deliver(openSender(), callbackTo(receiver.url(), { body, rawHeaders }))

    const wanted = `sha256=${createHmac('sha256', 'key').update(bytes).digest('hex')}`
    assert.deepEqual(
      receiver.received.map(({ headers }) => headers['x-signature-256']),
      [wanted, wanted, undefined],
    )
  })

  it('fails like any other when the peer breaks off', async () => {
    const receiver = await receive()
    const body = await kept(Buffer.alloc(5_000_000))
    const sender = openSender({
      resolve: () => Promise.reject(new HopelessError('nobody may be called')),
    })

    const { reason, isFinal } = failureOf(
      await deliver(sender, callbackTo(receiver.url('/', 'hook.test'), { body })),
    )

    assert.deepEqual([reason, isFinal], ['nobody may be called', true])
  })
})
