/** A line of a function, as `GET /system/logs` brings it. */
export interface LogRecord {
  readonly name: string
  readonly namespace: string
  readonly instance: string
  /** RFC 3339. */
  readonly timestamp: string
  readonly text: string
}

/** More than one record ever has: a server that sends no end of one is not read for ever. */
const MOST_CHARACTERS = 8 * 1024 * 1024

/** Takes JSON objects out of a text that arrives in pieces, whatever is between them (cli.md 18.4.49). */
export class RecordSplitter {
  readonly #decoder = new TextDecoder('utf-8')
  #text = ''
  /** How far `#text` was looked at, and what was found there. */
  #at = 0
  #depth = 0
  #isInText = false

  /** The records that are complete now. Throws `SyntaxError` for what is no JSON. */
  add(bytes: Uint8Array): readonly LogRecord[] {
    this.#text += this.#decoder.decode(bytes, { stream: true })
    const found: LogRecord[] = []
    let start = 0
    for (; this.#at < this.#text.length; this.#at += 1) {
      const character = this.#text[this.#at] ?? ''
      if (this.#isInText) {
        if (character === '\\') this.#at += 1
        else if (character === '"') this.#isInText = false
      } else if (character === '"') this.#isInText = true
      else if (character === '{' || character === '[') this.#depth += 1
      else if (character === '}' || character === ']') {
        this.#depth -= 1
        if (this.#depth > 0) continue
        found.push(recordIn(this.#text.slice(start, this.#at + 1)))
        start = this.#at + 1
      } else if (this.#depth === 0 && !/\s/.test(character))
        throw new SyntaxError(`"${character}" outside of a record`)
    }
    this.#text = this.#text.slice(start)
    this.#at -= start
    if (this.#text.length > MOST_CHARACTERS) throw new SyntaxError('a record without an end')
    return found
  }

  /** A record has begun and did not end. */
  get isInside(): boolean {
    return this.#depth > 0
  }
}

function recordIn(text: string): LogRecord {
  const value: unknown = JSON.parse(text)
  const { name, namespace, instance, timestamp, text: line } = Object(value) as Record<string, unknown>
  return {
    name: said(name),
    namespace: said(namespace),
    instance: said(instance),
    timestamp: said(timestamp),
    text: said(line),
  }
}

function said(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
