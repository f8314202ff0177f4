import { hasColours, type Session } from '../session.ts'

type Colour = 'red' | 'green' | 'yellow' | 'cyan' | 'dim'

const CODES: Readonly<Record<Colour, readonly [number, number]>> = {
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
  dim: [2, 22],
}
const CLEAR = '\r\u001B[K'

/**
 * Lines of several functions, one after the other, on standard output. At a terminal there is one more below them that says how the
 * functions do, and is written anew; elsewhere it is left out.
 */
export class Screen {
  readonly #session: Session
  readonly #width: number
  readonly #hasColours: boolean
  readonly #isLive: boolean
  readonly #states = new Map<string, string>()
  #isOpen = true

  constructor(session: Session, names: readonly string[]) {
    this.#session = session
    this.#width = Math.max(...names.map((name) => name.length))
    this.#hasColours = hasColours(session, 'stdout')
    this.#isLive = session.stdout.isTTY === true && session.env['TERM'] !== 'dumb'
  }

  /** What this program has to say. */
  say(name: string, text: string): void {
    this.#line(name, text, 'cyan')
  }

  fail(name: string, text: string): void {
    this.#line(name, text, 'red')
  }

  /** What the function wrote, or a build. */
  log(name: string, text: string): void {
    this.#line(name, text, null)
  }

  /** How a call ended. */
  call(name: string, status: number, text: string): void {
    this.#line(name, text, status < 400 ? 'green' : status < 500 ? 'yellow' : 'red')
  }

  state(name: string, text: string): void {
    this.#states.set(name, text)
    this.#draw()
  }

  /** No line below the others any more. */
  close(): void {
    if (this.#isLive && this.#isOpen) this.#session.stdout.write(CLEAR)
    this.#isOpen = false
  }

  #line(name: string, text: string, colour: Colour | null): void {
    const start = this.#painted(`${name.padEnd(this.#width)} |`, 'dim')
    const lines = text.split('\n').map((line) => `${start} ${this.#painted(line, colour)}\n`)
    this.#session.stdout.write(`${this.#isLive && this.#isOpen ? CLEAR : ''}${lines.join('')}`)
    this.#draw()
  }

  #draw(): void {
    if (!this.#isLive || !this.#isOpen) return
    const states = [...this.#states].map(([name, state]) => `${name}: ${state}`).join(' | ')
    const { columns = 80 } = this.#session.stdout
    // The end of the line stays free: a terminal that wraps there would scroll.
    const end = ' | Ctrl-C ends'
    const room = Math.max(0, columns - 1 - end.length)
    const text = states.length > room ? `${states.slice(0, Math.max(0, room - 1))}…` : states
    this.#session.stdout.write(`${CLEAR}${this.#painted(`${text}${end}`.slice(0, columns - 1), 'dim')}`)
  }

  #painted(text: string, colour: Colour | null): string {
    if (!this.#hasColours || colour === null || text === '') return text
    const [on, off] = CODES[colour]
    return `\u001B[${on}m${text}\u001B[${off}m`
  }
}
