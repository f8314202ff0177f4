import { pieces, plain } from '../text/ansi.ts'
import { BLOCK, looksBad, type LogLine } from '../text/log-buffer.ts'
import { clock } from '../text/format.ts'

/** A line longer than this, in characters, is cut on the screen. */
const MAX_LINE = 16_384
const NEAR = 40

/**
 * Draws lines as blocks of 200 in a `<pre>` each, which the browser lays out only near the screen. A block is plain text
 * until it comes near: then it gets its colours. Text is the same either way, so that nothing moves.
 */
export class LogScreen {
  readonly #box: HTMLElement
  readonly #observer: IntersectionObserver
  #blocks: { readonly pre: HTMLPreElement; readonly lines: LogLine[]; isNear: boolean }[] = []
  readonly #replicas = new Map<string, number>()
  /** What is marked; the empty one marks nothing. */
  mark = ''

  constructor(box: HTMLElement) {
    this.#box = box
    const options = { root: box, rootMargin: '400px' }
    this.#observer = new IntersectionObserver((entries) => {
      for (const entry of entries) this.#nearness(entry)
    }, options)
  }

  close(): void {
    this.#observer.disconnect()
  }

  get isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#box
    return scrollHeight - scrollTop - clientHeight <= NEAR
  }

  toEnd(): void {
    this.#box.scrollTop = this.#box.scrollHeight
  }

  clear(): void {
    this.#observer.disconnect()
    for (const { pre } of this.#blocks) pre.remove()
    this.#blocks = []
  }

  add(lines: readonly LogLine[]): void {
    const touched = new Set<number>()
    for (const line of lines) {
      let last = this.#blocks.at(-1)
      if (last === undefined || last.lines.length >= BLOCK) last = this.#newBlock()
      last.lines.push(line)
      touched.add(this.#blocks.length - 1)
    }
    for (const at of touched) this.#draw(at)
  }

  /** The oldest lines went: at least so many blocks of the screen with them. */
  dropFirst(blocks: number): void {
    for (const { pre } of this.#blocks.splice(0, blocks)) {
      this.#observer.unobserve(pre)
      pre.remove()
    }
  }

  #newBlock(): { readonly pre: HTMLPreElement; readonly lines: LogLine[]; isNear: boolean } {
    const pre = document.createElement('pre')
    const block = { pre, lines: [], isNear: false }
    this.#blocks.push(block)
    this.#box.append(pre)
    this.#observer.observe(pre)
    return block
  }

  #nearness(entry: IntersectionObserverEntry): void {
    const at = this.#blocks.findIndex(({ pre }) => pre === entry.target)
    const block = this.#blocks[at]
    if (block === undefined || block.isNear === entry.isIntersecting) return
    block.isNear = entry.isIntersecting
    this.#draw(at)
  }

  #draw(at: number): void {
    const block = this.#blocks[at]
    if (block === undefined) return
    if (block.isNear) block.pre.replaceChildren(...block.lines.flatMap((line) => this.#coloured(line)))
    else block.pre.textContent = block.lines.map((line) => this.#plain(line)).join('')
  }

  #plain(line: LogLine): string {
    return `${timeOf(line)} ${shortId(line.instance)} ${plain(cut(line.text))}\n`
  }

  #coloured(line: LogLine): (Node | string)[] {
    const text = cut(line.text)
    const nodes = [
      span('t', timeOf(line)),
      ' ',
      span(`i${this.#colourOf(line.instance)}`, shortId(line.instance)),
      ' ',
      ...pieces(text).flatMap((piece) => this.#marked(piece.text, piece.style)),
    ]
    if (!looksBad(text)) return [...nodes, '\n']
    const bad = span('err', '')
    bad.append(...nodes)
    return [bad, '\n']
  }

  #marked(text: string, style: string): (Node | string)[] {
    const at = this.mark === '' ? -1 : text.toLowerCase().indexOf(this.mark.toLowerCase())
    if (at < 0) return [style === '' ? text : span(style, text)]
    const end = at + this.mark.length
    const hit = document.createElement('mark')
    hit.textContent = text.slice(at, end)
    return [text.slice(0, at), hit, text.slice(end)]
  }

  #colourOf(instance: string): number {
    const known = this.#replicas.get(instance)
    if (known !== undefined) return known
    const colour = (this.#replicas.size % 6) + 1
    this.#replicas.set(instance, colour)
    return colour
  }
}

const cut = (text: string): string => (text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}… (cut)` : text)

export const shortId = (instance: string): string => instance.slice(0, 6)

function timeOf({ atMs }: LogLine): string {
  return Number.isFinite(atMs) ? `${clock(atMs)}.${String(atMs % 1000).padStart(3, '0')}` : '–'
}

function span(name: string, text: string): HTMLSpanElement {
  const element = document.createElement('span')
  element.className = name
  element.textContent = text
  return element
}
