import { Writable } from 'node:stream'
import type { Session } from '../session.ts'

/** More is of no use to anybody. */
const MOST_LINES = 200

/** A session whose words are kept instead of shown: a build says a hundred lines, which matter when it fails. */
export function captured(session: Session): {
  readonly session: Session
  readonly last: (count: number) => string
} {
  const lines: string[] = []
  const sink = linesTo((line) => {
    lines.push(line)
    if (lines.length > MOST_LINES) lines.shift()
  })
  return {
    session: { ...session, stdout: sink, stderr: sink },
    last: (count) => lines.slice(-count).join('\n'),
  }
}

/** Hands over what is written, line by line, without empty ones. */
export function linesTo(take: (line: string) => void): Writable {
  let rest = ''
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      const parts = `${rest}${String(chunk)}`.split('\n')
      rest = parts.pop() ?? ''
      for (const line of parts) if (line.trim() !== '') take(line)
      done()
    },
  })
}
