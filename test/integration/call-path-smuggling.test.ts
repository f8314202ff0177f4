import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { ThreeWays } from '../fixtures/three-ways.ts'
import { exchange, headersNamed, RawClient, rigs } from './call-rig.ts'

const { start } = rigs()

describe('a client that names the framing of its body as a header of the connection', () => {
  const body = '0\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n'
  const head = `POST /function/hello HTTP/1.1\r\nHost: a\r\nConnection: content-length\r\nContent-Length: ${body.length}\r\n\r\n`

  it('a client that names the framing of its body as a header of the connection cannot make two requests of it behind an unanswered request or by cutting it, either', async () => {
    const { seen } = await new ThreeWays().check(head + body)

    assert.deepEqual(
      seen.map((told) => (JSON.parse(told) as { text: string }).text),
      [body],
    )
  })

  it('a client that names the framing of its body as a header of the connection cannot make two requests of it', async () => {
    let seen = ''
    const { port } = await start((socket, text) => {
      seen += text
      socket.on('data', (chunk: Buffer) => (seen += chunk.toString('latin1')))
    })
    const client = new RawClient(port).send(head)

    // The head alone first: a body that comes with it is measured by us.
    await eventually(() => seen !== '')
    client.send(body)
    await eventually(() => seen.endsWith(body))

    assert.deepEqual(headersNamed(seen, 'Content-Length'), [String(body.length)])
    assert.deepEqual(headersNamed(seen, 'Transfer-Encoding'), [])
    client.socket.destroy()
  })
})

describe('a function that names the length of its answer as a header of the connection', () => {
  const answer = 'HTTP/1.1 200 OK\r\nConnection: content-length\r\nContent-Length: 10\r\n\r\n'

  it('a function that names its length as a header of the connection still has it in its answer', async () => {
    const { port } = await start(`${answer}0123456789`)

    assert.deepEqual(headersNamed(await exchange(port, 'GET /function/hello HTTP/1.1'), 'Content-Length'), [
      '10',
    ])
  })

  it('a function that names the length of its answer as a header of the connection cannot have half of it taken for the whole', async () => {
    const { port, fn } = await start(`${answer}01234`)
    const client = new RawClient(port).send('GET /function/hello HTTP/1.0\r\n\r\n')

    await eventually(() => client.text.endsWith('01234'))
    fn.sockets[0]?.destroy()

    assert.match(await client.rest(), /\r\nContent-Length: 10\r\n/)
  })
})
