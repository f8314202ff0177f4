import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { exchange, headersNamed, hello, ok, rigs } from './call-rig.ts'

const { start } = rigs()

function requestLine(request: string | undefined): string {
  return request?.split('\r\n')[0] ?? ''
}

describe('the way to a function', () => {
  const targets: readonly (readonly [target: string, seen: string])[] = [
    ['/function/hello', '/'],
    ['/function/hello/', '/'],
    ['/function/hello?', '/'],
    ['/function/hello/?', '/'],
    ['/function/hello?a=b%20&c', '/?a=b%20&c'],
    ['/function/hello.openfaas-fn/x', '/x'],
    ['/function/hello/a%20b%2F%zz', '/a%20b%2F%zz'],
    ['/function/hello//x/../y/./', '//x/../y/./'],
    ['/function/hello/a?b/c?d?', '/a?b/c?d?'],
    ['/function/hello?x=/y', '/?x=/y'],
    ['http://other.example/function/hello/x?y', '/x?y'],
  ]
  for (const [target, seen] of targets) {
    it(`shows ${seen} for ${target}`, async () => {
      const { port, fn } = await start(ok('hi'))

      const answer = await exchange(port, `GET ${target} HTTP/1.1`)

      assert.match(answer, /^HTTP\/1\.1 200 OK/)
      assert.equal(requestLine(fn.requests[0]), `GET ${seen} HTTP/1.1`)
    })
  }

  for (const target of [
    '/function/',
    '/function/f@n',
    '/function/hello.other',
    '/function/hello%20',
    '/function/Hello',
  ]) {
    it(`answers 404 to ${target}`, async () => {
      const { port, fn } = await start(ok('hi'))

      const answer = await exchange(port, `GET ${target} HTTP/1.1`)

      assert.match(answer, /^HTTP\/1\.1 404 /)
      assert.equal(headersNamed(answer, 'X-Call-Id').length, 1)
      assert.deepEqual(fn.requests, [])
    })
  }

  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
    it(`lets ${method} through`, async () => {
      const { port, fn, rig } = await start((socket, request) =>
        socket.write(request.startsWith('HEAD') ? ok('').replace(' 0', ' 2') : ok('hi')),
      )

      const answer = await exchange(port, `${method} /function/hello HTTP/1.1`)

      assert.match(answer, /^HTTP\/1\.1 200 OK\r\n[^]*Content-Length: 2\r\n/)
      assert.equal(requestLine(fn.requests[0]), `${method} / HTTP/1.1`)
      assert.deepEqual(rig.counts, { 200: 1 })
    })
  }

  for (const method of ['TRACE', 'PROPFIND']) {
    it(`answers 405 to ${method}, without a body`, async () => {
      const { port, rig } = await start(ok('hi'))

      const answer = await exchange(port, `${method} /function/hello HTTP/1.1`)

      assert.match(answer, /^HTTP\/1\.1 405 [^]*Content-Length: 0\r\n[^]*\r\n\r\n$/)
      assert.deepEqual(headersNamed(answer, 'Allow'), [])
      assert.deepEqual(rig.counts, { 405: 1 })
    })
  }
})

describe('counts', () => {
  it('counts know what began, what runs and what ended, per function', async () => {
    const { port, rig } = await start(ok('hi'))

    await Promise.all(Array.from({ length: 64 }, () => exchange(port, 'GET /function/hello HTTP/1.1')))
    await exchange(port, 'GET /function/nobody HTTP/1.1')

    const [metrics, ...others] = rig.invoker.routes.metrics()
    assert.deepEqual(others, [])
    assert.equal(metrics?.fn, hello)
    assert.equal(metrics.started, 64)
    assert.equal(metrics.inFlight, 0)
    assert.deepEqual(rig.counts, { 200: 64 })
  })
})
