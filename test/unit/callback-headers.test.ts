import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  callbackHeaders,
  headersForStrangers,
  withAuthorization,
} from '../../src/queue/callbacks/callback-headers.ts'
import type { Callback } from '../../src/queue/callbacks/callback.ts'

const CALLBACK: Callback = {
  url: 'http://u:p@host/',
  callId: 'id-1',
  fn: 'hello.team',
  status: 200,
  durationSeconds: 1.5,
  startTime: '1700000000000000000',
  retries: 2,
  retryMax: 9,
  rawHeaders: [],
  body: new Uint8Array(),
}

const OURS = [
  ['User-Agent', 'sampan-queue-worker/1'],
  ['X-Call-Id', 'id-1'],
  ['X-Duration-Seconds', '1.500000'],
  ['X-Function-Status', '200'],
  ['X-Function-Name', 'hello.team'],
  ['X-Start-Time', '1700000000000000000'],
  ['X-Retry', '2'],
  ['X-Retry-Max', '9'],
].flat()

describe('the headers of a callback', () => {
  it('are those of the answer and ours', () => {
    const rawHeaders = [
      'content-type',
      'text/plain',
      'X-A',
      '1',
      'x-a',
      '2',
      'Content-Encoding',
      'gzip',
      'X-L',
      '\u00e9\u00ff',
    ]

    assert.deepEqual(of({ rawHeaders }), [...rawHeaders, ...OURS])
  })

  it('leave out what belongs to a connection, to a client, or in no request', () => {
    const names =
      'Connection Keep-Alive Proxy-Authenticate Proxy-Authorization Proxy-Connection TE Trailer Transfer-Encoding'
    const more = 'Upgrade Content-Length Set-Cookie set-cookie2 Host Expect CONTENT-LENGTH'
    const rawHeaders = `${names} ${more}`.split(' ').flatMap((name) => [name, 'x'])

    assert.deepEqual(of({ rawHeaders }), OURS)
  })

  it('leave out what Connection names, in each of its lines', () => {
    const rawHeaders = [
      'X-One',
      '1',
      'Connection',
      'close, x-one',
      'X-Two',
      '2',
      'connection',
      ' X-TWO ,',
      'X-Three',
      '3',
    ]

    assert.deepEqual(of({ rawHeaders }), ['X-Three', '3', ...OURS])
  })

  it('keep ours even when Connection names them', () => {
    assert.deepEqual(of({ rawHeaders: ['Connection', 'X-Call-Id, User-Agent'] }), OURS)
  })

  it('have ours in place of same-named ones, and no signature but ours', () => {
    const rawHeaders = OURS.map((text, at) => (at % 2 === 0 ? text.toLowerCase() : 'theirs'))
    const forged = [...rawHeaders, 'x-signature-256', 'sha256=forged']

    assert.deepEqual(of({ rawHeaders: forged }), OURS)
    assert.deepEqual(of({ rawHeaders: forged }, 'sha256=ours'), [...OURS, 'X-Signature-256', 'sha256=ours'])
  })

  it('leave out what cannot be sent', () => {
    const bad = [
      'X-A',
      'a\r\nX-B: c',
      'X-B',
      'a\nb',
      'X-C',
      '\u0000',
      'X-D',
      '\u20ac',
      'X E',
      '1',
      '',
      '1',
      'X:F',
      '1',
      'X-G',
      '\u007f',
    ]

    assert.deepEqual(of({ rawHeaders: [...bad, 'X-Odd'] }), OURS)
    assert.deepEqual(
      of({ callId: 'a\r\nb', fn: '\u20ac' }).slice(0, 4),
      OURS.slice(0, 2).concat(OURS.slice(4, 6)),
    )
  })

  it('have a duration of six decimals, whatever was measured', () => {
    const duration = (durationSeconds: number) => of({ durationSeconds })[5]

    assert.deepEqual([0, 1e-7, 12.3456789, -1, Number.NaN, Infinity].map(duration), [
      '0.000000',
      '0.000000',
      '12.345679',
      '0.000000',
      '0.000000',
      '0.000000',
    ])
  })

  it('lose on the way to a stranger what was meant for the first one', () => {
    assert.deepEqual(headersForStrangers(['authorization', 'a', 'X', '1', 'Cookie', 'b']), ['X', '1'])
    assert.deepEqual(withAuthorization(['authorization', 'a', 'X', '1'], 'Basic b'), [
      'X',
      '1',
      'Authorization',
      'Basic b',
    ])
  })
})

function of(part: Partial<Callback>, signature: string | null = null): readonly string[] {
  return callbackHeaders({ ...CALLBACK, ...part }, { userAgent: 'sampan-queue-worker/1', signature })
}
