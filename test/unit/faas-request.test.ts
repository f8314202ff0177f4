import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FaasError } from '../../src/core/errors.ts'
import { readFaasRequest } from '../../src/queue/job/faas-request.ts'
import { Random } from '../integration/random.ts'

const read = (fields: object) => readFaasRequest(Buffer.from(JSON.stringify(fields)))

const WHOLE = {
  Header: { 'X-A': ['1', '2'], 'Content-Type': ['text/plain'] },
  Host: 'gateway:8080',
  Body: Buffer.from([0, 255, 10]).toString('base64'),
  Method: 'PUT',
  Path: '/a b/c',
  QueryString: '?x=1%262',
  Function: 'echo.dev',
  QueueName: 'q2',
  CallbackUrl: { Scheme: 'http', Host: 'caller:9', Path: '/done it', User: {}, RawQuery: 'k=v' },
}

describe('a call in OpenFaaS’s own form', () => {
  it('is read whole', () => {
    const { body, ...rest } = read(WHOLE)
    assert.deepEqual([...(body ?? [])], [0, 255, 10])
    assert.deepEqual(rest, {
      fn: 'echo.dev',
      path: '/a%20b/c?x=1%262',
      rawHeaders: ['X-A', '1', 'X-A', '2', 'Content-Type', 'text/plain'],
      host: 'gateway:8080',
      queue: 'q2',
      callback: 'http://caller:9/done%20it?k=v',
    })
  })

  it('needs no more than a function', () => {
    for (const rest of [{}, { Header: null, Body: null, CallbackUrl: null, Path: '' }])
      assert.deepEqual(read({ Function: 'echo', ...rest }), {
        fn: 'echo',
        path: '/',
        rawHeaders: [],
        host: null,
        queue: '',
        callback: null,
        body: null,
      })
  })

  it('has a path in which nothing reads as a query, a fragment, an escape or the end of a line', () => {
    const paths = { '/a?b': '/a%3Fb', '/a%41': '/a%2541', '/a#b': '/a%23b', '/a\r\nX: y': '/a%0D%0AX%3A%20y' }
    for (const [path, encoded] of Object.entries({
      ...paths,
      'a/b': '/a/b',
      '/é/\u{1f600}': '/%C3%A9/%F0%9F%98%80',
    }))
      assert.equal(read({ Function: 'echo', Path: path }).path, encoded)
  })

  it('has a query that is a part of a request line', () => {
    const queries = {
      'a=b c': 'a=b%20c',
      'a\r\nb': 'a%0D%0Ab',
      'a#b': 'a%23b',
      'a=\u{1f600}': 'a=%F0%9F%98%80',
    }
    for (const [query, encoded] of Object.entries(queries))
      assert.equal(read({ Function: 'echo', QueryString: query }).path, `/?${encoded}`)
  })

  it('may have its callback as a string, or as an object in other forms', () => {
    const of = (callback: unknown) => read({ Function: 'echo', CallbackUrl: callback }).callback
    assert.equal(of('https://u:p@caller/x'), 'https://u:p@caller/x')
    assert.equal(of({ Scheme: 'http', Host: 'caller' }), 'http://caller')
    assert.equal(
      of({ Scheme: 'http', Host: 'caller', Path: '/a b', RawPath: '/a%20b' }),
      'http://caller/a%20b',
    )
  })

  it('is refused, by the field, when that makes no sense', () => {
    const bad: readonly [object, RegExp][] = [
      [{ Function: 1 }, /Function/],
      [{ Function: '' }, /Function/],
      [{ Function: ['echo'] }, /Function/],
      [{ Body: 'not base64!' }, /Body/],
      [{ Body: 'aGk' }, /Body/],
      [{ Body: { 0: 1 } }, /Body/],
      [{ Header: 'X-A: b' }, /Header/],
      [{ Header: { 'X-A': [1] } }, /Header/],
      [{ Header: { 'X-A': 'a\r\nEvil: 1' } }, /Header/],
      [{ Header: { 'X A': ['b'] } }, /Header/],
      [{ Header: { '': ['b'] } }, /Header/],
      [{ Header: { 'X-A': ['\u0100'] } }, /Header/],
      [{ CallbackUrl: 7 }, /CallbackUrl/],
      [{ CallbackUrl: { Scheme: 1 } }, /Scheme/],
      [{ Path: '/\ud800' }, /Path/],
      [{ QueryString: 'a=\udc00' }, /QueryString/],
      [{ CallbackUrl: { Scheme: 'http', Host: 'a', Path: '/\ud800' } }, /Path/],
    ]
    for (const [fields, message] of bad)
      assert.throws(() => read({ Function: 'echo', ...fields }), { code: 'invalid', message })
  })

  it('is refused when it is no object', () => {
    for (const text of ['', '{', 'null', '[]', '1', '"x"', '{"Function":"a"', '\u0000'])
      assert.throws(() => readFaasRequest(Buffer.from(text)), { code: 'invalid' })
    assert.throws(() => readFaasRequest(Uint8Array.from([0xff, 0xfe, 0x7b])), { code: 'invalid' })
  })

  it('fails in our own words whatever is in its fields or is damaged', () => {
    const random = new Random(39)
    const whole = Buffer.from(JSON.stringify(WHOLE))
    for (let time = 0; time < 3_000; time += 1) {
      const damaged = Buffer.from(whole)
      for (let flips = random.below(4); flips >= 0; flips -= 1)
        damaged[random.below(damaged.length)] = random.below(256)
      const field = random.pick(['Path', 'QueryString', 'Function', 'Host', 'Body', 'QueueName'])
      const awkward = Buffer.from(JSON.stringify({ ...WHOLE, [field]: random.text(20) }))
      for (const message of [damaged, awkward]) {
        try {
          assert.match(readFaasRequest(message).path, /^\/[\x21-\x7e]*$/)
        } catch (error) {
          assert.ok(error instanceof FaasError && error.code === 'invalid', String(error))
        }
      }
    }
  })
})
