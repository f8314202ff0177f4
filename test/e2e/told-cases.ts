// Answers that a program with a socket writes, byte by byte.

import { FILE_NAMES } from './server-cases.ts'

export interface ToldCase {
  /** Ends the title of a test that begins with "passes on". */
  readonly what: string
  readonly method: string
  /** Whole answers, with a character per byte. */
  readonly answers: readonly string[]
  /** They are followed by what is not part of them. */
  readonly isTooMuch?: boolean
}

const BODY = 'content of the file\n'

/** A status line, these header lines and a body. */
function told(
  lines: readonly string[],
  { body = BODY, line = 'HTTP/1.1 200 OK', end = '\r\n' } = {},
): string {
  return [line, ...lines, '', body].join(end)
}

function orders(of: readonly string[]): readonly (readonly string[])[] {
  if (of.length <= 1) return [of]
  return of.flatMap((first, at) => orders(of.toSpliced(at, 1)).map((rest) => [first, ...rest]))
}

const LENGTH = `Content-Length: ${BODY.length}`

const downloads = Object.entries(FILE_NAMES).map(([script, bytes]): ToldCase => {
  const name = bytes.toString('latin1')
  const star = `UTF-8''${bytes.toString('hex').replace(/../g, '%$&')}`
  const forms = [
    `filename="${name}"`,
    `filename=${name}`,
    `filename*=${star}`,
    `filename="${name}"; filename*=${star}`,
  ]
  const heads = forms.flatMap((form) =>
    orders([
      LENGTH,
      `Content-Disposition: attachment; ${form}`,
      'Content-Type: application/pdf',
      'Set-Cookie: a=1',
    ]),
  )
  return {
    what: `a file name in ${script} in each order of four headers`,
    method: 'GET',
    answers: heads.map((lines) => told(lines)),
  }
})

const everyOctet = String.fromCharCode(...Array.from({ length: 128 }, (_, at) => 128 + at))

export const TOLD_CASES: readonly ToldCase[] = [
  ...downloads,
  {
    what: 'each byte that a value may have, and blanks within it',
    method: 'GET',
    answers: [
      told([LENGTH, `X-High: ${everyOctet}`]),
      told([
        `X-High: ${everyOctet}`,
        LENGTH,
        'X-Empty:',
        'X-Blank:   a  \t b  ',
        'X-Tight:a',
        "!#$%&'*+-.^_`|~09aZ: odd",
      ]),
      told([
        LENGTH,
        `Link: <x>; title*=UTF-8''%F0; title="\xe4"`,
        'Content-Type: text/plain; name="\xe4\xff"',
        'Location: /\xe4',
      ]),
    ],
  },
  {
    what: 'names in any spelling, repeated lines in their order',
    method: 'GET',
    answers: [
      told([
        'x-many: 1',
        'X-MANY: 2',
        'content-LENGTH: 20',
        'X-Between: 0',
        'x-many: 3',
        'SET-COOKIE: a',
        'set-cookie: b',
        'Vary: a',
        'Vary: b',
      ]),
      told(Array.from({ length: 400 }, (_, at) => `X-Line-${at % 7}: ${at}`).concat(LENGTH)),
      told([`X-Long: ${'x'.repeat(40_000)}`, LENGTH]),
    ],
  },
  {
    what: 'lines that end in LF alone, a status line without a reason, and a status that nobody knows',
    method: 'GET',
    answers: [
      told([LENGTH, 'X-One: 1'], { end: '\n' }),
      told([LENGTH], { line: 'HTTP/1.1 200' }),
      told([LENGTH], { line: 'HTTP/1.1 200 ' }),
      told([LENGTH], { line: 'HTTP/1.1 299 Sch\xf6n' }),
      told([LENGTH], { line: 'HTTP/1.1 799 X' }),
      told([LENGTH], { line: 'HTTP/1.0 203 Old' }),
    ],
  },
  {
    what: 'a body that ends with the connection',
    method: 'GET',
    answers: [
      told(['Connection: close', 'X-One: 1']),
      told(['Connection: close', 'Content-Type: a/b'], { line: 'HTTP/1.0 200 OK' }),
      told(['Connection: close'], { body: '' }),
    ],
  },
  {
    what: 'a body in chunks, with trailers',
    method: 'GET',
    answers: [
      told(['Transfer-Encoding: chunked'], { body: '5\r\nhello\r\n0\r\n\r\n' }),
      told(['X-One: 1', 'transfer-encoding: chunked', 'X-Two: 2'], { body: '0\r\n\r\n' }),
      told(['Transfer-Encoding: chunked', 'Trailer: X-Sum', 'X-Two: 2'], {
        body: '0005;a=b\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n',
      }),
    ],
  },
  {
    what: 'the length twice as once',
    method: 'GET',
    answers: [told([LENGTH, 'X-One: 1', LENGTH])],
  },
  {
    what: 'heads without a body',
    method: 'GET',
    answers: [
      told(['X-One: 1'], { line: 'HTTP/1.1 204 No Content', body: '' }),
      told(['ETag: "a"'], { line: 'HTTP/1.1 304 Not Modified', body: '' }),
      told(['ETag: "a"', LENGTH, 'Content-Type: a/b'], { line: 'HTTP/1.1 304 Not Modified', body: '' }),
      told(['Content-Length: 0'], { body: '' }),
    ],
  },
  {
    what: 'the head of what it would send',
    method: 'HEAD',
    answers: [
      told([LENGTH, 'Content-Disposition: attachment; filename="\xe4"'], { body: '' }),
      told(['Transfer-Encoding: chunked', 'Content-Type: a/b'], { body: '' }),
      told(['Content-Type: a/b'], { body: '' }),
    ],
  },
  {
    what: 'the head alone of what it sends to HEAD with a body, as some applications do',
    method: 'HEAD',
    isTooMuch: true,
    answers: [told([LENGTH]), told(['Transfer-Encoding: chunked'], { body: '5\r\nhello\r\n0\r\n\r\n' })],
  },
  {
    what: 'the head alone where a status has no body',
    method: 'GET',
    isTooMuch: true,
    answers: [
      told([LENGTH], { line: 'HTTP/1.1 204 No Content' }),
      told([LENGTH, 'ETag: "a"'], { line: 'HTTP/1.1 304 Not Modified' }),
    ],
  },
  {
    what: 'what is not a connection’s, nor the gateway’s, nor the whole origin’s',
    method: 'GET',
    answers: [
      told([
        LENGTH,
        'Connection: X-Mine, keep-alive',
        'X-Mine: 1',
        'Keep-Alive: timeout=5',
        'Upgrade: h2c',
        'Proxy-Authenticate: Basic',
        'X-Yours: 1',
      ]),
      told([
        LENGTH,
        'X-Call-Id: mine',
        'X-Start-Time: 1',
        'X-Served-By: me',
        'X-OpenFaaS-Internal: gateway',
        'X-Sampan-Hops: 3',
      ]),
      told([
        LENGTH,
        'Strict-Transport-Security: max-age=1',
        'Alt-Svc: h3=":1"',
        'Clear-Site-Data: "*"',
        'Service-Worker-Allowed: /',
        'Expect-CT: a',
        'NEL: {}',
        'Report-To: {}',
        'Set-Login: logged-in',
      ]),
      told([
        LENGTH,
        'Refresh: 5; url=/x',
        'Content-Location: https://example.com/',
        'WWW-Authenticate: Basic realm="mine"',
        'Date: Thu, 01 Jan 1970 00:00:00 GMT',
        'Server: none',
      ]),
    ],
  },
]
