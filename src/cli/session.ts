import type { Readable, Writable } from 'node:stream'
import type { Clock } from '../clock.ts'

/** What a command has of the outside world: everything that a test replaces. */
export interface Session {
  readonly stdin: Readable & { readonly isTTY?: boolean }
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number }
  readonly stderr: Writable & { readonly isTTY?: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Aborts with an `Ended` when the user ends the program (SIGINT, SIGTERM). */
  readonly signal: AbortSignal
  readonly clock: Clock
}

/** Why a session's signal aborts. */
export class Ended extends Error {
  readonly signal: 'SIGINT' | 'SIGTERM'

  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(`ended by ${signal}`)
    this.name = 'Ended'
    this.signal = signal
  }
}

/** Writes a line of data or of progress to standard output. */
export function say({ stdout }: Session, line = ''): void {
  stdout.write(`${line}\n`)
}

/** Writes a line that is not data: notes, warnings, questions. */
export function note({ stderr }: Session, line: string): void {
  stderr.write(`${line}\n`)
}

export function envOf({ env }: Session, name: string): string {
  return env[name] ?? ''
}

/** The environment variable is set to something that means yes, as faas-cli reads `CI` (cli.md 1.6). */
export function isSwitchedOn(session: Session, name: string): boolean {
  const text = envOf(session, name)
  return text === '1' || text === 'true'
}

/** Colours are for people: never where the output is not a terminal or NO_COLOR is set (https://no-color.org). */
export function hasColours(session: Session, stream: 'stdout' | 'stderr'): boolean {
  return (
    session[stream].isTTY === true && envOf(session, 'NO_COLOR') === '' && envOf(session, 'TERM') !== 'dumb'
  )
}
