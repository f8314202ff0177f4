import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  AnswerReader,
  type AnswerEnd,
  type AnswerTaker,
  type AnswerTo,
} from '../../src/invoke/http1/answer-reader.ts'
import { MalformedError } from '../../src/http1/http-fields.ts'

/** What was read of an answer. */
class Taken implements AnswerTaker {
  readonly interims: [status: number, fields: string[]][] = []
  status = 0
  fields: string[] = []
  body = ''
  trailers: string[] | null = null
  end: AnswerEnd | null = null
  switched: string | null = null

  onInterim(status: number, fields: string[]): void {
    this.interims.push([status, fields])
  }

  onHead(status: number, fields: string[]): void {
    this.status = status
    this.fields = fields
  }

  onData(chunk: Buffer): boolean {
    this.body += chunk.toString('latin1')
    return true
  }

  onComplete(trailers: string[], end: AnswerEnd): void {
    assert.equal(this.end, null, 'completed twice')
    this.trailers = trailers
    this.end = end
  }

  onSwitched(_fields: string[], rest: Buffer): void {
    this.switched = rest.toString('latin1')
  }
}

const GET: AnswerTo = { method: 'GET', isUpgrade: false, maxHeadBytes: 65_536 }

/** Reads the pieces one after the other, each through the same buffer, as connections do. */
function read(pieces: readonly string[], to: AnswerTo = GET, isEnded = false): Taken {
  const taken = new Taken()
  const reader = new AnswerReader(taken, to)
  const shared = Buffer.alloc(64 * 1024)
  for (const piece of pieces) {
    const length = shared.write(piece, 'latin1')
    reader.push(shared, length)
    shared.fill('#')
  }
  if (isEnded) reader.end()
  return taken
}

function everySplit(text: string): readonly string[][] {
  return [
    ...Array.from({ length: text.length - 1 }, (_, at) => [text.slice(0, at + 1), text.slice(at + 1)]),
    text.split(''),
  ]
}

describe('an answer', () => {
  const CHUNKED =
    'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nX-A:  b \t\r\nTransfer-Encoding: chunked\r\n\r\n' +
    '3\r\none\r\n0A;x="y"\r\n0123456789\r\n1 \r\n!\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n'
  const MEASURED =
    'HTTP/1.0 200\r\nConnection: Keep-Alive\r\nKeep-Alive: timeout=7, max=9\r\nContent-Length: 5\r\n\r\nhello'

  it('reads the same however it is cut', () => {
    for (const pieces of everySplit(CHUNKED)) {
      const taken = read(pieces)

      assert.deepEqual(taken.interims, [[103, ['Link', '</a>']]])
      assert.equal(taken.status, 200)
      assert.deepEqual(taken.fields, ['X-A', 'b', 'Transfer-Encoding', 'chunked'])
      assert.equal(taken.body, 'one0123456789!')
      assert.deepEqual(taken.trailers, ['X-Sum', '1', 'X-Sum', '2'])
      assert.deepEqual(taken.end, { isReusable: true, idleMs: Infinity })
    }
    for (const pieces of everySplit(MEASURED)) {
      const taken = read(pieces)

      assert.equal(taken.body, 'hello')
      assert.deepEqual(taken.end, { isReusable: true, idleMs: 7_000 })
    }
  })

  it('an answer is not followed by another one when something stands behind it', () => {
    for (const answer of [CHUNKED, MEASURED, 'HTTP/1.1 204 No Content\r\n\r\n']) {
      assert.equal(read([answer]).end?.isReusable, true)
      assert.equal(read([`${answer}\r`]).end?.isReusable, false)
    }
  })

  const endings: readonly (readonly [head: string, isReusable: boolean])[] = [
    ['HTTP/1.1 200 OK\r\nContent-Length: 0', true],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close', false],
    ['HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: x, close', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0', false],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive', true],
    ['HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: close\r\nConnection: keep-alive', false],
  ]
  for (const [head, isReusable] of endings) {
    it(`an answer ${isReusable ? 'keeps' : 'ends'} the connection after ${JSON.stringify(head)}`, () => {
      assert.equal(read([`${head}\r\n\r\n`]).end?.isReusable, isReusable)
    })
  }

  it('an answer without length or coding ends with the connection, and the connection with it', () => {
    const taken = read(['HTTP/1.1 200 OK\r\n\r\nall', ' of it'], GET, true)

    assert.equal(taken.body, 'all of it')
    assert.equal(taken.end?.isReusable, false)
  })

  for (const [what, answer, method] of [
    ['to HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 'HEAD'],
    ['to HEAD in chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', 'HEAD'],
    ['204', 'HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\n', 'GET'],
    ['304', 'HTTP/1.1 304 Not\r\nTransfer-Encoding: chunked\r\n\r\n', 'GET'],
  ] as const) {
    it(`an answer ${what} has no body, whatever its head says`, () => {
      assert.deepEqual(read([answer], { ...GET, method }).end, {
        isReusable: true,
        idleMs: Infinity,
      })
    })
  }

  it('hands over what came behind an agreed switch', () => {
    const agreed = 'HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\nearly'

    assert.equal(read([agreed], { ...GET, isUpgrade: true }).switched, 'early')
    assert.throws(() => read([agreed]), MalformedError)
  })

  it('gives what was right before it goes wrong', () => {
    const taken = new Taken()
    const reader = new AnswerReader(taken, GET)
    const bytes = Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\nzz\r\n')

    assert.throws(() => reader.push(bytes, bytes.length), MalformedError)

    assert.equal(taken.body, 'hi')
    assert.equal(taken.end, null)
  })
})

describe('a head of an answer', () => {
  const heads: readonly (readonly [what: string, head: string])[] = [
    ['line feeds alone', 'HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\n\n'],
    ['a line feed alone in one line', 'HTTP/1.1 200 OK\r\nX-A: 1\nContent-Length: 2\r\n\r\n'],
    ['a line feed alone at its end', 'HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\n'],
    ['line feeds alone before a usual end', 'HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\n\r\n'],
    ['no reason', 'HTTP/1.1 200\nX-A: 1\nContent-Length: 2\n\n'],
  ]
  for (const [what, head] of heads) {
    it(`may have ${what}, however it is cut, and ends there whatever the body looks like`, () => {
      for (const body of ['ok', '\n\n', '\r\n']) {
        for (const pieces of [[head + body], ...everySplit(head + body)]) {
          const taken = read(pieces)

          assert.deepEqual(taken.fields, ['X-A', '1', 'Content-Length', '2'])
          assert.equal(taken.body, body)
          assert.deepEqual(taken.end, { isReusable: true, idleMs: Infinity })
        }
      }
    })
  }

  it('may say the same length twice, and no other', () => {
    const twice = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\ncontent-length: 02\r\n\r\nok'

    assert.equal(read([twice]).body, 'ok')
    assert.throws(() => read([twice.replace('02', '3')]), /two different Content-Length/)
  })

  it('may be as long as the limit, its empty line included, and no byte longer', () => {
    for (const maxHeadBytes of [1_024, 5_000, 65_536]) {
      const bare = 'HTTP/1.1 204 No\r\nX-A: \r\n\r\n'
      const longest = bare.replace('X-A: ', `X-A: ${'a'.repeat(maxHeadBytes - bare.length)}`)
      const pieces = (text: string): string[] => text.match(/[^]{1,1000}/g) ?? []

      for (const cut of [[longest], pieces(longest)])
        assert.equal(read(cut, { ...GET, maxHeadBytes }).status, 204)
      const longer = longest.replace('aa', 'aaa')
      for (const cut of [[longer], pieces(longer)])
        assert.throws(() => read(cut, { ...GET, maxHeadBytes }), /head of more than/)
    }
  })
})

describe('an answer that two parties could read in two ways', () => {
  const OK = 'HTTP/1.1 200 OK\r\n'
  const CODED = `${OK}Transfer-Encoding: chunked\r\n\r\n`
  const refused: readonly string[] = [
    'HTTP/2.0 200 OK\r\n\r\n',
    'HTTP/1.2 200 OK\r\n\r\n',
    'HTTP/1.1  200 OK\r\n\r\n',
    'HTTP/1.1 2000 OK\r\n\r\n',
    'HTTP/1.1 020 OK\r\n\r\n',
    'HTTP/1.1 200\tOK\r\n\r\n',
    'HTTP/1.1 200 O\0K\r\n\r\n',
    ' HTTP/1.1 200 OK\r\n\r\n',
    '\r\n\r\nHTTP/1.1 200 OK\r\n\r\n',
    `${OK}X-A : 1\r\n\r\n`,
    `${OK}: 1\r\n\r\n`,
    `${OK}X-A\r\n\r\n`,
    `${OK}X-A: 1\r\n folded\r\n\r\n`,
    `${OK}X-A: 1\rX-B: 2\r\n\r\n`,
    `${OK}X-A: \x7f\r\n\r\n`,
    `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\n!`,
    `${OK}X-A: 1\r\r\n\r\n`,
    `${OK}X-A: 1\r\n\r\r\n`,
    `${CODED}1 1\r\n!\r\n`,
    `${CODED}1;\u0001\r\n!\r\n`,
    `${CODED}0\r\n\n`,
    `${OK}Content-Length: 1, 1\r\n\r\n!`,
    `${OK}Content-Length: +1\r\n\r\n!`,
    `${OK}Content-Length: 0x1\r\n\r\n!`,
    `${OK}Content-Length:\r\n\r\n`,
    `${OK}Content-Length: 9999999999999999\r\n\r\n`,
    `${OK}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n!\r\n0\r\n\r\n`,
    `${OK}Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
    `${OK}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
    `${OK}Transfer-Encoding:\r\n\r\n`,
    'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    `${CODED}\r\n`,
    `${CODED}0x1\r\n!\r\n`,
    `${CODED}+1\r\n!\r\n`,
    `${CODED}-1\r\n!\r\n`,
    `${CODED}1\n!\r\n`,
    `${CODED}1\r!\r\n`,
    `${CODED}1\r\n!?\r\n`,
    `${CODED}1\r\n!\n`,
    `${CODED}1;a\nb\r\n!\r\n`,
    `${CODED}10000000000000\r\n!\r\n`,
    `${CODED}0\r\nX-A : 1\r\n\r\n`,
    `${CODED}0\r\nX-A: 1\n\r\n\r\n`,
  ]
  for (const answer of refused) {
    it(`an answer that two parties could read in two ways is refused: ${JSON.stringify(answer)}`, () => {
      assert.throws(() => read([answer]), MalformedError)
      assert.throws(() => read(answer.split('')), MalformedError)
    })
  }

  for (const [what, answer] of [
    ['a head', OK],
    ['a measured body', `${OK}Content-Length: 2\r\n\r\n!`],
    ['chunks', `${CODED}1\r\n!\r\n`],
    ['trailers', `${CODED}0\r\nX-A: 1\r\n`],
  ] as const) {
    it(`an answer that two parties could read in two ways is refused when the connection ends within ${what}`, () => {
      assert.throws(() => read([answer], GET, true), MalformedError)
    })
  }

  it('an answer that two parties could read in two ways is refused where it has no end', () => {
    const more = (start: string, piece: string): void => {
      read([start, ...Array.from({ length: 200 }, () => piece)])
    }

    assert.throws(
      () => more(OK, `X-A: ${'a'.repeat(10_000)}\r\n`),
      /head of more than 65536 bytes \(SAMPAN_MAX_HEADER_BYTES\)/,
    )
    assert.throws(() => read([`${OK}${'a:\r\n'.repeat(1_001)}\r\n`]), /more than 1000 header lines/)
    assert.throws(() => more(`${CODED}1;`, 'x'.repeat(10_000)), /extension/)
    assert.throws(() => more(`${CODED}0\r\n`, 'X-A: 1\r\n'.repeat(1_000)), /trailers/)
    assert.throws(() => more('', 'HTTP/1.1 102 Processing\r\n\r\n'), /interim/)
  })
})
