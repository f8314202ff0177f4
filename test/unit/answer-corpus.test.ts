import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { AnswerReader, type AnswerTaker } from '../../src/invoke/http1/answer-reader.ts'
import { MalformedError } from '../../src/http1/http-fields.ts'

type Part = string | { readonly repeat: string; readonly times: number }

/** One answer of the corpus that the watchdog's tests read too; the file says what the fields mean. */
interface Case {
  readonly name: string
  readonly answer: readonly Part[]
  readonly expect: 'accept' | 'refuse'
  readonly method: string
  readonly status?: number
  readonly body?: string
  readonly ends?: boolean
}

/** What came of an answer. */
class Taken implements AnswerTaker {
  status = 0
  body = ''
  isComplete = false

  onInterim(): void {}

  onHead(status: number): void {
    this.status = status
  }

  onData(chunk: Buffer): boolean {
    this.body += chunk.toString('latin1')
    return true
  }

  onComplete(): void {
    this.isComplete = true
  }

  onSwitched(): void {}
}

const { cases } = JSON.parse(readFileSync('test/corpus/answers.json', 'utf8')) as { cases: readonly Case[] }

function textOf(parts: readonly Part[]): string {
  return parts.map((part) => (typeof part === 'string' ? part : part.repeat.repeat(part.times))).join('')
}

function read(pieces: readonly string[], { method, ends }: Case): Taken {
  const taken = new Taken()
  const reader = new AnswerReader(taken, { method, isUpgrade: false, maxHeadBytes: 65_536 })
  for (const piece of pieces) {
    const bytes = Buffer.from(piece, 'latin1')
    reader.push(bytes, bytes.length)
  }
  if (ends === true) reader.end()
  return taken
}

/** Whole, and cut in two at every byte of its beginning. */
function cutsOf(text: string): readonly string[][] {
  const places = Array.from({ length: Math.min(text.length - 1, 299) }, (_, at) => at + 1)
  return [[text], ...places.map((at) => [text.slice(0, at), text.slice(at)])]
}

describe('the corpus of answers', () => {
  assert.ok(cases.length > 100)
  for (const one of cases) {
    it(`${one.expect}s, however it is cut: ${one.name}`, () => {
      for (const pieces of cutsOf(textOf(one.answer))) {
        if (one.expect === 'refuse') assert.throws(() => read(pieces, one), MalformedError)
        else {
          const { status, body, isComplete } = read(pieces, one)
          assert.deepEqual(
            { status, body, isComplete },
            { status: one.status, body: one.body, isComplete: true },
          )
        }
      }
    })
  }
})
