import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { eventually } from '../fakes/eventually.ts'
import { exchange, headersNamed, ok, RawClient, rigs } from './call-rig.ts'

const { start } = rigs()

describe('headers to the function', () => {
  it('7.4, 18.4.3, 18.4.5: headers to the function pass raw, in order, with repeats and case', async () => {
    const { port, fn } = await start(ok('hi'))

    await exchange(
      port,
      'GET /function/hello HTTP/1.1\r\nx-A: 1\r\nX-a: 2\r\ncookie: a\r\nCookie: b\r\nAuthorization: Basic x\r\nX-Latin: \xe9',
    )

    const seen = fn.requests[0] ?? ''
    assert.match(
      seen,
      /\r\nx-A: 1\r\nX-a: 2\r\ncookie: a\r\nCookie: b\r\nAuthorization: Basic x\r\nX-Latin: \xe9\r\n/,
    )
    assert.deepEqual(headersNamed(seen, 'Accept-Encoding'), [])
  })

  it('7.4: headers to the function leave out those of the connection, and what Connection names', async () => {
    const { port, fn } = await start(ok('hi'))
    const client = new RawClient(port)

    client.send(
      'GET /function/hello HTTP/1.1\r\nHost: a\r\nConnection: close, X-Secret\r\nX-Secret: 1\r\nKeep-Alive: 5\r\nProxy-Authorization: x\r\nTE: gzip, trailers;q=0.5\r\nTrailer: X\r\nProxy-Connection: y\r\nX-Kept: 1\r\n\r\n',
    )
    await client.rest()

    const seen = fn.requests[0] ?? ''
    for (const name of ['X-Secret', 'Keep-Alive', 'Proxy-Authorization', 'Trailer', 'Proxy-Connection']) {
      assert.deepEqual(headersNamed(seen, name), [], name)
    }
    assert.deepEqual(headersNamed(seen, 'TE'), ['trailers'])
    assert.deepEqual(headersNamed(seen, 'X-Kept'), ['1'])
    assert.deepEqual(headersNamed(seen, 'Connection'), ['keep-alive'])
  })

  it('7.2: headers to the function gain a call id, a start time, the peer, the host and a user agent', async () => {
    const { port, fn } = await start(ok('hi'))

    const answer = await exchange(port, 'GET /function/hello HTTP/1.1')

    const seen = fn.requests[0]
    const [callId] = headersNamed(seen, 'X-Call-Id')
    assert.match(callId ?? '', /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    assert.match(headersNamed(seen, 'X-Start-Time')[0] ?? '', /^\d{19}$/)
    assert.match(headersNamed(seen, 'X-Forwarded-For')[0] ?? '', /^127\.0\.0\.1$/)
    assert.deepEqual(headersNamed(seen, 'X-Forwarded-Host'), ['gateway.example'])
    assert.deepEqual(headersNamed(seen, 'User-Agent'), ['sampan/1.2.3'])
    assert.match(headersNamed(seen, 'Host')[0] ?? '', /^127\.0\.0\.1:\d+$/)
    assert.deepEqual(headersNamed(answer, 'X-Call-Id'), [callId])
    assert.deepEqual(headersNamed(answer, 'X-Start-Time'), headersNamed(seen, 'X-Start-Time'))
    assert.deepEqual(headersNamed(answer, 'X-Served-By'), ['sampan/1.2.3'])
  })

  it('7.2: headers to the function keep what the client says of itself', async () => {
    const { port, fn } = await start(ok('hi'))
    const given =
      'X-Call-Id: mine\r\nX-Start-Time: 5\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-Host: h\r\nUser-Agent: u'

    const answer = await exchange(port, `GET /function/hello HTTP/1.1\r\n${given}`)

    const seen = fn.requests[0]
    assert.deepEqual(headersNamed(seen, 'X-Call-Id'), ['mine'])
    assert.equal(headersNamed(seen, 'X-Start-Time').length, 2)
    assert.equal(headersNamed(seen, 'X-Start-Time')[0], '5')
    assert.deepEqual(headersNamed(seen, 'X-Forwarded-For'), ['1.2.3.4'])
    assert.deepEqual(headersNamed(seen, 'X-Forwarded-Host'), ['h'])
    assert.deepEqual(headersNamed(seen, 'User-Agent'), ['u'])
    assert.deepEqual(headersNamed(answer, 'X-Call-Id'), ['mine'])
  })

  it('7.2: headers to the function take an empty call id for none', async () => {
    const { port, fn } = await start(ok('hi'))

    const answer = await exchange(port, 'GET /function/hello HTTP/1.1\r\nX-Call-Id:')

    assert.equal(headersNamed(fn.requests[0], 'X-Call-Id')[0]?.length, 36)
    assert.equal(headersNamed(answer, 'X-Call-Id')[0]?.length, 36)
  })

  for (const [what, headers] of [
    ['two different Host headers', 'Host: other'],
    ['an empty Transfer-Encoding with a length', 'Transfer-Encoding:\r\nContent-Length: 2'],
  ] as const) {
    it(`headers to the function are refused when there is ${what}`, async () => {
      const { port, fn } = await start(ok('hi'))

      const answer = await exchange(port, `POST /function/hello HTTP/1.1\r\n${headers}`, 'ab')

      assert.match(answer, /^HTTP\/1\.1 400 /)
      assert.deepEqual(fn.requests, [])
    })
  }
})

describe('headers of an answer', () => {
  it('7.5, 18.4.3: headers of an answer pass raw, with repeats, without those of the connection', async () => {
    const { port } = await start(
      ok(
        'hi',
        'Set-Cookie: a\r\nset-cookie: b\r\nKeep-Alive: timeout=9\r\nConnection: X-Hop\r\nX-Hop: 1\r\nUpgrade: x\r\nX-Latin: \xe9\r\n',
      ),
    )

    const answer = await exchange(port, 'GET /function/hello HTTP/1.1')

    assert.match(answer, /\r\nSet-Cookie: a\r\nset-cookie: b\r\n/)
    assert.match(answer, /\r\nX-Latin: \xe9\r\n/)
    assert.deepEqual(headersNamed(answer, 'X-Hop'), [])
    assert.deepEqual(headersNamed(answer, 'Upgrade'), [])
    assert.deepEqual(headersNamed(answer, 'Connection'), ['close'])
    assert.deepEqual(headersNamed(answer, 'X-OpenFaaS-Internal'), [])
  })

  it('7.5: headers of an answer reflect the type of the request, or say text, where the function says none', async () => {
    const { port } = await start('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')

    const reflected = await exchange(port, 'GET /function/hello HTTP/1.1\r\nContent-Type: image/png')
    const plain = await exchange(port, 'GET /function/hello HTTP/1.1')

    assert.deepEqual(headersNamed(reflected, 'Content-Type'), ['image/png'])
    assert.deepEqual(headersNamed(plain, 'Content-Type'), ['text/plain'])
  })

  for (const status of [204, 304]) {
    it(`18.4.6: headers of an answer go out at once with ${status}, which has no body whatever its length says`, async () => {
      const { port, rig } = await start(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\nETag: "1"\r\n\r\n`)

      const answer = await exchange(port, 'GET /function/hello HTTP/1.1')

      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} [^]*ETag: "1"[^]*\\r\\n\\r\\n$`))
      assert.deepEqual(headersNamed(answer, 'Content-Type'), [])
      // Whoever believed the length of a 204 would take it from the next answer (RFC 9110, 8.6).
      assert.deepEqual(headersNamed(answer, 'Content-Length'), status === 204 ? [] : ['5'])
      await eventually(() => rig.counts[status] === 1)
    })
  }

  it('7.5, 18.4.6: headers of an answer carry trailers behind a body of unknown length', async () => {
    const { port } = await start(
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 42\r\nX-More: 1\r\n\r\n',
    )

    const answer = await exchange(port, 'GET /function/hello HTTP/1.1\r\nTE: trailers')

    assert.deepEqual(headersNamed(answer, 'Trailer'), ['X-Sum'])
    assert.match(answer, /\r\n\r\n2\r\nhi\r\n0\r\nX-Sum: 42\r\nX-More: 1\r\n\r\n$/)
  })

  for (const [request, status] of [
    ['HEAD /function/hello HTTP/1.1', '200'],
    ['GET /function/hello HTTP/1.1', '204'],
    ['GET /function/hello HTTP/1.1', '304'],
    ['GET /function/hello HTTP/1.0', '200'],
  ] as const) {
    it(`headers of an answer announce no trailers in a ${status} to ${request}, which can have none`, async () => {
      const { port } = await start((socket) =>
        socket.end(`HTTP/1.1 ${status} X\r\nTrailer: X-Sum\r\nX-Kept: 1\r\n\r\n`),
      )

      const answer = await exchange(port, request)

      assert.match(answer, new RegExp(`^HTTP/1\\.1 ${status} [^]*\\r\\nX-Kept: 1\\r\\n[^]*\\r\\n\\r\\n$`))
      assert.deepEqual(headersNamed(answer, 'Trailer'), [])
    })
  }

  it('headers of an answer are not disturbed by a 100 that nobody asked for', async () => {
    const { port } = await start(`HTTP/1.1 100 Continue\r\n\r\n${ok('hi')}`)

    assert.match(await exchange(port, 'GET /function/hello HTTP/1.1'), /^HTTP\/1\.1 200 OK[^]*hi$/)
  })

  it('headers of an answer follow a hint (103) that went out before', async () => {
    const { port } = await start(`HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${ok('hi')}`)

    const answer = await exchange(port, 'GET /function/hello HTTP/1.1')

    assert.match(
      answer,
      /^HTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload\r\n\r\nHTTP\/1\.1 200 OK/,
    )
  })

  it('are not held up by a hint whose link makes no sense', async () => {
    const { port } = await start(
      `HTTP/1.1 103 Early Hints\r\nLink: <a>${';a=b'.repeat(60)}"\r\n\r\n${ok('later')}`,
    )

    assert.match(await exchange(port, 'GET /function/hello HTTP/1.1'), /HTTP\/1\.1 200 OK\r\n[^]*later$/)
  })

  for (const [what, bytes] of [
    ['two bytes a letter', 'Content-Disposition: attachment; filename="M\xc3\xbcller.pdf"'],
    ['three bytes a letter', 'Content-Disposition: attachment; filename="\xe6\x97\xa5\xe6\x9c\xac.pdf"'],
    ['one byte a letter', 'Content-Disposition: attachment; filename="M\xfcller.pdf"'],
    ['any byte', 'X-Any: \x80\x9f\xa0\xff'],
  ] as const) {
    it(`keep ${what} outside ASCII as it is, before and behind a length`, async () => {
      const { port } = await start((socket, text) => {
        const isBefore = text.startsWith('GET /before')
        const lines = isBefore ? `${bytes}\r\nContent-Length: 2` : `Content-Length: 2\r\n${bytes}`
        socket.write(`HTTP/1.1 206 Partial Content\r\n${lines}\r\n\r\nhi`, 'latin1')
      })

      for (const path of ['before', 'behind']) {
        const answer = await exchange(port, `GET /function/hello/${path} HTTP/1.1`)

        assert.ok(answer.startsWith('HTTP/1.1 206 Partial Content\r\n'), answer)
        assert.ok(answer.includes(`\r\n${bytes}\r\n`), answer)
      }
    })
  }

  it('7.5, 18.4.5: headers of an answer include redirects and packed bodies as they are', async () => {
    const { port } = await start(
      'HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n\x8b\xff',
    )

    const answer = await exchange(port, 'GET /function/hello HTTP/1.1')

    assert.match(answer, /^HTTP\/1\.1 302 [^]*Location: \/x\r\nContent-Encoding: gzip[^]*\r\n\r\n\x8b\xff$/)
  })

  it('7.6, 18.1.12: headers of an answer of a failure say whose it is', async () => {
    const { rig, port } = await start('no HTTP at all\r\n\r\n')

    const answer = await exchange(port, 'GET /function/hello HTTP/1.1')

    assert.match(answer, /^HTTP\/1\.1 502 [^]*\r\n\r\nfunction hello\.openfaas-fn [^\r\n]+\n$/)
    assert.deepEqual(headersNamed(answer, 'X-OpenFaaS-Internal'), ['proxy'])
    assert.deepEqual(headersNamed(answer, 'Content-Type'), ['text/plain; charset=utf-8'])
    assert.deepEqual(headersNamed(answer, 'X-Content-Type-Options'), ['nosniff'])
    assert.deepEqual(rig.counts, { 502: 1 })
  })
})
