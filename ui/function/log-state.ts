import { signal } from '@preact/signals'
import type { Named } from '../state/actions.ts'
import { sentence } from '../state/api.ts'
import { BLOCK, LogBuffer, looksBad, matcher, type LogLine } from '../text/log-buffer.ts'
import { follow } from './log-reader.ts'
import { LogScreen, shortId } from './log-screen.ts'

/** The lines of one log view: what is kept, what of it is shown, and whether it follows. */
export class LogState {
  readonly count = signal(0)
  readonly matching = signal(0)
  readonly dropped = signal(0)
  /** Lines that came since the user looked at older ones. */
  readonly unseen = signal(0)
  readonly paused = signal(false)
  readonly problem = signal('')
  readonly isBadPattern = signal(false)
  readonly replicas = signal<readonly string[]>([])
  readonly #buffer = new LogBuffer()
  #screen: LogScreen | undefined
  #waiting: LogLine[] = []
  #frame = 0
  #matches: (line: LogLine) => boolean = () => true
  #isFollowing = true

  attach(box: HTMLElement): () => void {
    this.#screen = new LogScreen(box)
    const scrolled = (): void => {
      this.#isFollowing = this.#screen?.isAtEnd ?? true
      if (this.#isFollowing) this.unseen.value = 0
    }
    box.addEventListener('scroll', scrolled, { passive: true })
    return () => {
      box.removeEventListener('scroll', scrolled)
      cancelAnimationFrame(this.#frame)
      this.#screen?.close()
    }
  }

  async read(
    of: Named & { readonly sinceMs: number; readonly instance: string },
    end: AbortSignal,
  ): Promise<void> {
    this.#buffer.clear()
    this.#screen?.clear()
    this.#waiting = []
    this.#show()
    this.problem.value = ''
    try {
      await follow(of, (lines) => this.#take(lines), end)
    } catch (error) {
      if (!end.aborted) this.problem.value = sentence(error)
    }
  }

  filter(search: string, onlyBad: boolean): void {
    const find = matcher(search)
    this.isBadPattern.value = find === undefined
    if (find === undefined) return
    this.#matches = (line) => find(line.text) && (!onlyBad || looksBad(line.text))
    if (this.#screen === undefined) return
    this.#screen.mark = search.startsWith('/') ? '' : search
    this.#screen.clear()
    const shown = [...this.#buffer.lines()].filter(this.#matches)
    this.matching.value = shown.length
    this.#screen.add(shown)
    this.toEnd()
  }

  togglePause(): void {
    this.paused.value = !this.paused.value
    if (!this.paused.value) this.#draw()
  }

  toEnd(): void {
    this.#isFollowing = true
    this.unseen.value = 0
    this.#screen?.toEnd()
  }

  /** What is kept and matches, one line each. */
  text(): string {
    const lines: string[] = []
    for (const line of this.#buffer.lines())
      if (this.#matches(line)) lines.push(`${isoOf(line)} ${shortId(line.instance)} ${line.text}\n`)
    return lines.join('')
  }

  #take(lines: readonly LogLine[]): void {
    this.#waiting.push(...lines)
    // While nobody draws, what waits is bounded as what is kept.
    if (this.#waiting.length > 100_000) this.#waiting = this.#waiting.slice(-100_000)
    if (this.paused.value) this.unseen.value = this.#waiting.length
    else if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#draw())
  }

  #draw(): void {
    this.#frame = 0
    const lines = this.#waiting
    this.#waiting = []
    const hasRoom = this.#buffer.dropped
    this.#buffer.add(lines)
    const shown = lines.filter(this.#matches)
    this.#screen?.add(shown)
    const gone = this.#buffer.dropped - hasRoom
    if (gone > 0 && this.matching.value >= this.#buffer.count)
      this.#screen?.dropFirst(Math.floor(gone / BLOCK))
    this.matching.value += shown.length
    this.#show()
    if (this.#isFollowing) this.#screen?.toEnd()
    else this.unseen.value += shown.length
    const known = new Set(this.replicas.peek())
    for (const line of lines) known.add(line.instance)
    if (known.size !== this.replicas.peek().length) this.replicas.value = [...known].slice(-50)
  }

  #show(): void {
    this.count.value = this.#buffer.count
    this.dropped.value = this.#buffer.dropped
    if (this.#buffer.count === 0) this.matching.value = 0
  }
}

const isoOf = ({ atMs }: LogLine): string => (Number.isFinite(atMs) ? new Date(atMs).toISOString() : '-')
