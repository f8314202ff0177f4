import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { exchange, ok, RawClient, rigs } from './call-rig.ts'

const { start } = rigs()

const GET = 'GET /function/hello HTTP/1.1'

describe('a function that breaks its answer', () => {
  const breaks: Readonly<Record<string, string>> = {
    garbage: '\x00\x01\x02 nonsense\r\n\r\n',
    'a close before any byte': '',
    'half a head': 'HTTP/1.1 200 OK\r\nX-A: ',
    'a status below 100': 'HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n',
    'two lengths': 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!',
    'a header with a NUL': 'HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n',
    'a switch of protocols that nobody asked for':
      'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
    'a bare 101': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  }
  for (const [what, bytes] of Object.entries(breaks)) {
    it(`gives 502 for ${what}`, async () => {
      const { port, rig, replica } = await start((socket) => socket.end(bytes, 'latin1'))

      const answer = await exchange(port, GET)

      assert.match(answer, /^HTTP\/1\.1 502 [^]*X-OpenFaaS-Internal: proxy\r\n/)
      assert.deepEqual(rig.counts, { 502: 1 })
      assert.equal(rig.invoker.ledger.inFlight(replica), 0)
    })
  }

  it('passes on an answer whose lines end in line feeds alone, with its length once', async () => {
    const clumsy = 'HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\nContent-Length: 2\n\nhi'
    const { port } = await start((socket) => socket.write(clumsy))

    const answer = await exchange(port, GET)

    assert.match(answer, /^HTTP\/1\.1 200 OK\r\nX-A: 1\r\n[^]*\r\n\r\nhi$/)
    assert.equal(answer.match(/content-length/gi)?.length, 1)
  })

  it('names the limit and its setting when the head of an answer is too long', async () => {
    const head = `HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(2_000)}\r\nContent-Length: 0\r\n\r\n`
    const { port } = await start((socket) => socket.write(head), { maxHeaderBytes: 2_000 })

    const answer = await exchange(port, GET)

    assert.match(answer, /^HTTP\/1\.1 502 [^]*more than 2000 bytes \(SAMPAN_MAX_HEADER_BYTES\)/)
  })

  it('7.6: a function that breaks its answer gives 502 for headers without an end', async () => {
    const { port } = await start((socket) => {
      const more = (): void => {
        while (!socket.destroyed && socket.write(`X-${'a'.repeat(60_000)}: b\r\n`)) continue
      }
      socket.write('HTTP/1.1 200 OK\r\n')
      socket.on('drain', more)
      more()
    })

    assert.match(await exchange(port, GET), /^HTTP\/1\.1 502 /)
  })

  const midway: Readonly<Record<string, string>> = {
    'of known length': 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf',
    'in chunks': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
  }
  for (const [what, bytes] of Object.entries(midway)) {
    it(`cuts the client's connection when a body ${what} ends too early`, async () => {
      const { port, rig } = await start((socket) => socket.end(bytes))

      const answer = await exchange(port, GET)

      assert.match(answer, /^HTTP\/1\.1 200 OK[^]*half/)
      assert.ok(!answer.endsWith('0\r\n\r\n'))
      await eventually(() => rig.counts[200] === 1)
      assert.equal(rig.inFlight, 0)
    })
  }

  it('cuts the connection of a client that has got a part when a bad chunk follows', async () => {
    const { port, fn, rig } = await start(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
    )
    const client = new RawClient(port).send(`${GET}\r\nHost: a\r\n\r\n`)
    await eventually(() => client.text.includes('half'))

    fn.sockets[0]?.write('zz\r\n')

    assert.ok(!(await client.rest()).endsWith('0\r\n\r\n'))
    assert.deepEqual(rig.counts, { 200: 1 })
  })

  it('gives 502 for a bad chunk that comes before anything has left', async () => {
    const { port } = await start('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n')

    assert.match(await exchange(port, GET), /^HTTP\/1\.1 502 Bad Gateway\r\n/)
  })

  it('7.6, 18.4.7: a function that breaks its answer resets the connection of a client that can only see its end', async () => {
    const { port, fn } = await start((socket) =>
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'),
    )
    const client = new RawClient(port)
    const failure = new Promise<Error>((resolve) => client.socket.once('error', resolve))

    client.send('GET /function/hello HTTP/1.0\r\n\r\n')
    await eventually(() => client.text.includes('half'))
    fn.sockets[0]?.destroy()

    assert.match((await failure).message, /ECONNRESET/)
  })

  it('takes no reset for the end of a body without length', async () => {
    const { port, rig } = await start((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nhalf')
      socket.resetAndDestroy()
    })

    const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(port, GET)))

    for (const answer of answers) assert.doesNotMatch(answer, /0\r\n\r\n$/)
    assert.equal(rig.inFlight, 0)
  })

  it('takes the end of the connection for the end of a body without length', async () => {
    const { port, rig } = await start((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall of it'))

    assert.match(await exchange(port, GET), /9\r\nall of it\r\n0\r\n\r\n$/)
    assert.deepEqual(rig.counts, { 200: 1 })
  })
})

describe('a function that sends what nobody asked for', () => {
  const surprises: Readonly<Record<string, string>> = {
    'a lone line end': '\r\n',
    'a whole answer': ok('poison'),
    'half a head': 'HTTP/1.1 200 OK\r\nX-A:',
    noise: '!',
  }
  for (const [what, bytes] of Object.entries(surprises)) {
    it(`a connection is not used again on which a function sent something while it was idle: ${what}`, async () => {
      const { port, fn } = await start((socket, text) => socket.write(ok(`for ${text.split(' ')[1]}`)))
      await exchange(port, 'GET /function/hello/1 HTTP/1.1')

      fn.sockets[0]?.write(bytes)
      await new Promise((resolve) => setImmediate(resolve))
      const answer = await exchange(port, 'GET /function/hello/2 HTTP/1.1')

      assert.match(answer, /\r\n\r\nfor \/2$/)
      assert.equal(fn.sockets.length, 2)
    })

    it(`the next caller gets its own answer when a function sends more behind one: ${what}`, async () => {
      const { port } = await start((socket, text) => socket.write(ok(`for ${text.split(' ')[1]}`) + bytes))

      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => exchange(port, `GET /function/hello/${n} HTTP/1.1`)),
      )
      const later = await exchange(port, 'GET /function/hello/later HTTP/1.1')

      answers.forEach((answer, n) => assert.match(answer, new RegExp(`\r\n\r\nfor /${n}$`)))
      assert.match(later, /\r\n\r\nfor \/later$/)
    })
  }
})
