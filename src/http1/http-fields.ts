/** Lines of one head or of the trailers; as many as the gateway takes from a client. */
const MAX_FIELDS = 1_000

/** The message is not valid HTTP, or two parties could read it in different ways. */
export class MalformedError extends Error {}

/** More lines than anybody needs. */
export class TooManyFieldsError extends MalformedError {
  constructor() {
    super(`more than ${MAX_FIELDS} header lines, a fixed limit of the gateway`)
  }
}

const COLON = 0x3a
const CR = 0x0d
const LF = 0x0a
const SPACE = 0x20
const TAB = 0x09

const IN_NAME = 1
const IN_VALUE = 2

/** For each byte, where it may stand (RFC 9110, 5.5 and 5.6.2). */
const ALLOWED = new Uint8Array(256)
for (let code = 0; code < 256; code += 1) {
  if (/[!#$%&'*+\-.^_`|~0-9A-Za-z]/.test(String.fromCharCode(code))) ALLOWED[code] = IN_NAME | IN_VALUE
  else if (code === TAB || (code >= SPACE && code !== 0x7f)) ALLOWED[code] = IN_VALUE
}

/**
 * Header or trailer lines: names and values in turn, as they were written, without the blanks around values.
 * `text` holds a byte per character; the lines stand from `from` to `to`, each with its CR LF. Throws
 * `MalformedError` for anything that is not exactly that: folded lines, bare line feeds, blanks before
 * colons, control characters.
 */
export function readFields(text: string, from: number, to: number): string[] {
  return readLines(text, from, { to, takesBareFeeds: false })
}

/** As `readFields`, for the head of a function's answer: its lines may end in a line feed alone. */
export function readAnswerFields(text: string, from: number): string[] {
  return readLines(text, from, { to: text.length, takesBareFeeds: true })
}

interface Lines {
  readonly to: number
  readonly takesBareFeeds: boolean
}

/** One look at each character: runs on every answer. */
function readLines(text: string, from: number, { to, takesBareFeeds }: Lines): string[] {
  const fields: string[] = []
  let at = from
  while (at < to) {
    const nameAt = at
    while (is(IN_NAME, text, at)) at += 1
    if (at === nameAt || text.charCodeAt(at) !== COLON) throw new MalformedError('a malformed header name')
    const name = text.slice(nameAt, at)

    at += 1
    while (isBlank(text.charCodeAt(at))) at += 1
    const valueAt = at
    while (is(IN_VALUE, text, at)) at += 1
    let valueEnd = at
    if (text.charCodeAt(at) === CR) at += 1
    else if (!takesBareFeeds) throw malformedValue(name)
    if (text.charCodeAt(at) !== LF) throw malformedValue(name)

    while (valueEnd > valueAt && isBlank(text.charCodeAt(valueEnd - 1))) valueEnd -= 1
    fields.push(name, text.slice(valueAt, valueEnd))
    if (fields.length > 2 * MAX_FIELDS) throw new TooManyFieldsError()
    at += 1
  }
  return fields
}

function malformedValue(name: string): MalformedError {
  return new MalformedError(`a malformed value of the header ${name.slice(0, 60)}`)
}

/** Whether this may be the name of a header, or a method: not empty. */
export function isToken(text: string): boolean {
  return text !== '' && consistsOf(IN_NAME, text)
}

/** Whether this may be the value of a header, a byte per character. */
export function isFieldValue(text: string): boolean {
  return consistsOf(IN_VALUE, text)
}

function consistsOf(where: number, text: string): boolean {
  let at = 0
  while (at < text.length && is(where, text, at)) at += 1
  return at === text.length
}

function is(where: number, text: string, at: number): boolean {
  return ((ALLOWED[text.charCodeAt(at)] ?? 0) & where) !== 0
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB
}
