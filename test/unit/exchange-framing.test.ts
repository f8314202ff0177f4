import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readAnswers } from '../fixtures/answer-sequence.ts'
import { InProcessEdge, turns } from '../fixtures/edge-in-process.ts'

const CLIENTS = {
  'HTTP/1.1': { line: 'HTTP/1.1', header: '', isKept: true, takesChunks: true },
  'HTTP/1.1 that closes': {
    line: 'HTTP/1.1',
    header: 'Connection: close\r\n',
    isKept: false,
    takesChunks: true,
  },
  'HTTP/1.0': { line: 'HTTP/1.0', header: '', isKept: false, takesChunks: false },
  'HTTP/1.0 kept alive': {
    line: 'HTTP/1.0',
    header: 'Connection: keep-alive\r\n',
    isKept: true,
    takesChunks: false,
  },
} as const

const ANSWERS = [
  { status: 200, method: 'GET', body: 'hello' },
  { status: 200, method: 'HEAD', body: '' },
  { status: 204, method: 'GET', body: '' },
  { status: 304, method: 'GET', body: '' },
  { status: 204, method: 'HEAD', body: '' },
] as const

describe('the end of an answer', () => {
  for (const [client, { line, header, isKept, takesChunks }] of Object.entries(CLIENTS)) {
    for (const { status, method, body } of ANSWERS) {
      for (const length of [5, -1]) {
        const known = length < 0 ? 'of unknown length' : 'of known length'
        it(`is seen by a client of ${client}: ${status} to ${method}, ${known}`, async () => {
          const answers = await ask(`${method} /a ${line}\r\nHost: a\r\n${header}\r\n`, {
            status,
            length,
            method,
          })

          const [first, second] = answers.read
          assert.equal(first?.status, status)
          assert.equal(first.body, body)
          assert.deepEqual(first.trailers, takesChunks && length < 0 && body !== '' ? ['X-T', '1'] : [])
          // Without a length or chunks only the end of the connection is left.
          const isEndedByClose = !takesChunks && length < 0 && body !== ''
          assert.equal(second?.status, isKept && !isEndedByClose ? 404 : undefined)
          assert.equal(answers.isEnded, !isKept || isEndedByClose)
        })
      }
    }
  }
})

interface Answer {
  readonly status: number
  readonly method: string
  readonly length: number
}

/** The answers to a request, to which the handler gives five bytes whatever it is, and to one behind it. */
async function ask(request: string, { status, method, length }: Answer) {
  const edge = new InProcessEdge({
    handler: {
      request: (exchange) => {
        if (exchange.head.target === '/next') return exchange.answer(404, '')
        const headers = length < 0 ? ['Trailer', 'X-T'] : ['Content-Length', String(length)]
        exchange.start(status, status === 204 ? [] : headers, length)
        exchange.write(Buffer.from('he'))
        exchange.write(Buffer.from('llo'))
        exchange.end(length < 0 ? ['X-T', '1'] : [])
      },
    },
  })
  const client = edge.connect()
  client.clientSends(`${request}GET /next HTTP/1.1\r\nHost: a\r\n\r\n`)
  await turns(4)
  const { isEnded } = client
  return { read: readAnswers(Buffer.concat(client.received), [method], isEnded).answers, isEnded }
}
