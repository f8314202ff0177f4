import { FaasError } from '../../core/errors.ts'

/** The head of a message, as JSON has it. */
export type Head = Readonly<Record<string, unknown>>

/** A body that is too large to travel inline: a file of the spool. */
export interface SpooledBody {
  readonly file: string
  /** Bytes. */
  readonly size: number
}

/** Null: there is none. */
export type Body = Uint8Array | SpooledBody | null

/**
 * First byte of our messages. JSON of other producers begins with `{`, and a later format gets another number.
 */
const FORMAT = 1

/** The format, and the length of the head: 32 bits, big-endian. */
const PREFIX_BYTES = 5

/** A file that the message of another program names could lie anywhere. */
const FILE = /^[A-Za-z0-9]{1,64}\.(?:body|answer)$/

const NO_BYTES = new Uint8Array(0)

/** A message: format, length of the head, head as JSON, body as it is. */
export function seal(head: Head, body: Body): Uint8Array {
  const isInline = body instanceof Uint8Array
  const spooled = body === null || isInline ? null : body
  const json = Buffer.from(JSON.stringify(spooled === null ? head : { ...head, spooled }))
  const bytes = isInline ? body : NO_BYTES
  const message = new Uint8Array(PREFIX_BYTES + json.length + bytes.length)
  message[0] = FORMAT
  new DataView(message.buffer).setUint32(1, json.length)
  message.set(json, PREFIX_BYTES)
  message.set(bytes, PREFIX_BYTES + json.length)
  return message
}

/** What `seal` wrote. Throws `invalid` for anything else: other programs can publish here, too. */
export function unseal(message: Uint8Array): { readonly head: Head; readonly body: Body } {
  if (message.length < PREFIX_BYTES || message[0] !== FORMAT)
    throw new FaasError('invalid', 'the message is not of this format')
  const length = new DataView(message.buffer, message.byteOffset).getUint32(1)
  const end = PREFIX_BYTES + length
  if (end > message.length) throw new FaasError('invalid', 'the message ends within its head')
  const { spooled, ...head } = parse(message, end)
  if (isSpooledBody(spooled)) return { head, body: spooled }
  // Without its body a call must not run.
  if (spooled !== undefined) throw new FaasError('invalid', 'the message names no file for its body')
  return { head, body: end < message.length ? message.subarray(end) : null }
}

export function isSpooled(body: Body): body is SpooledBody {
  return body !== null && !(body instanceof Uint8Array)
}

/** Whether the fields of a head are of these types. */
export function hasFields(head: Head, types: Readonly<Record<string, 'string' | 'number'>>): boolean {
  return Object.entries(types).every(([name, type]) => typeof head[name] === type)
}

/** Names and values in turn. */
export function isRawHeaders(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length % 2 === 0 && value.every((text) => typeof text === 'string')
}

function parse(message: Uint8Array, end: number): Head {
  try {
    const text = Buffer.from(message.buffer, message.byteOffset, message.byteLength)
    const head: unknown = JSON.parse(text.toString('utf8', PREFIX_BYTES, end))
    if (typeof head === 'object' && head !== null) return head as Head
  } catch {
    // Said below.
  }
  throw new FaasError('invalid', 'the message has no head that makes sense')
}

function isSpooledBody(value: unknown): value is SpooledBody {
  if (typeof value !== 'object' || value === null || !('file' in value && 'size' in value)) return false
  const { file, size } = value
  return typeof file === 'string' && FILE.test(file) && Number.isSafeInteger(size) && Number(size) >= 0
}
