import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exchange, headersNamed, ok, rigs } from './call-rig.ts'

const { start } = rigs()

describe('a caller', () => {
  it('cannot get around the rules for headers by trailers', async () => {
    let seen = ''
    const { port } = await start((socket, text) => {
      const look = (more: string): void => {
        seen += more
        if (seen.includes('\r\n0\r\n') && seen.endsWith('\r\n\r\n')) socket.write(ok('hi'))
      }
      socket.on('data', (chunk) => look(chunk.toString('latin1')))
      look(text)
    })
    const trailers = 'X-Sum: 42\r\nAuthorization: Basic x\r\nX-Forwarded-For: 6.6.6.6\r\nX_Under: 1'

    await exchange(
      port,
      'POST /function/hello HTTP/1.1\r\nTransfer-Encoding: chunked',
      `2\r\nhi\r\n0\r\n${trailers}\r\n\r\n`,
    )

    assert.match(seen, /X-Sum: 42\r\n/)
    assert.doesNotMatch(seen, /Basic x|6\.6\.6\.6|X_Under/)
  })

  it('a caller that is a circle of functions gets a 508 that says so, and is counted', async () => {
    const { rig, port, fn } = await start(ok('hi'))

    const last = await exchange(port, 'GET /function/hello HTTP/1.1\r\nX-Sampan-Hops: 15')
    const tooFar = await exchange(port, 'GET /function/hello HTTP/1.1\r\nX-Sampan-Hops: 16')

    assert.match(last, /^HTTP\/1\.1 200 /)
    assert.deepEqual(headersNamed(fn.requests[0], 'X-Sampan-Hops'), ['16'])
    assert.match(
      tooFar,
      /^HTTP\/1\.1 508 [^]*X-OpenFaaS-Internal: proxy\r\n[^]*through this gateway 16 times/,
    )
    assert.equal(fn.requests.length, 1)
    assert.deepEqual(rig.counts, { 200: 1, 508: 1 })
  })
})

describe('a function', () => {
  it('7.2, 18.1.12: a function cannot replace what the gateway says of a call', async () => {
    const its = 'X-Served-By: me\r\nx-call-id: its\r\nX-START-TIME: 1\r\nX-OpenFaaS-Internal: proxy\r\n'
    const { port } = await start(ok('hi', its))

    const answer = await exchange(port, 'GET /function/hello HTTP/1.1')

    assert.deepEqual(headersNamed(answer, 'X-Served-By'), ['sampan/1.2.3'])
    assert.equal(headersNamed(answer, 'X-Call-Id')[0]?.length, 36)
    assert.match(headersNamed(answer, 'X-Start-Time').join(), /^\d{19}$/)
    assert.deepEqual(headersNamed(answer, 'X-OpenFaaS-Internal'), [])
  })

  it('7.5: a function speaks for itself only, in its head, in a hint before it and in trailers behind it', async () => {
    const evil = [
      'Service-Worker-Allowed: /',
      'Clear-Site-Data: "*"',
      'Strict-Transport-Security: max-age=1',
      'Alt-Svc: h2="evil.example:443"',
      'WWW-Authenticate: Basic realm="Restricted"',
      'X-OpenFaaS-Internal: proxy',
    ].join('\r\n')
    const hint = `HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n${evil}\r\n\r\n`
    const head = `HTTP/1.1 401 Unauthorized\r\nTransfer-Encoding: chunked\r\n${evil}\r\n\r\n`
    const { port } = await start(`${hint}${head}2\r\nhi\r\n0\r\nX-Sum: 42\r\n${evil}\r\n\r\n`)

    const answer = await exchange(port, 'GET /function/hello HTTP/1.1\r\nTE: trailers')

    assert.match(answer, /^HTTP\/1\.1 103 [^]*Link: <\/a\.css>[^]*HTTP\/1\.1 401 [^]*X-Sum: 42\r\n\r\n$/)
    assert.doesNotMatch(answer, /Service-Worker|Clear-Site|Strict-Transport|Alt-Svc|Authenticate|Internal/i)
  })
})
