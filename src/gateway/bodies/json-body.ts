import { safeParse, type BaseIssue, type GenericSchema, type InferOutput } from 'valibot'
import { FaasError } from '../../core/errors.ts'
import { shortened } from '../../core/quoted.ts'
import { mebibytes, USUAL_BODY, type BodyLimit } from '../shared/body-limit.ts'
import { canonicalKeys } from './canonical-keys.ts'
import type { ApiContext } from '../shared/api-context.ts'

/** No valid request is nested deeper. */
const MAX_DEPTH = 1_000

/**
 * Most fields and elements, at all depths together. The largest deployment has a quarter of this, and each
 * takes time to handle.
 */
const MAX_VALUES = 20_000

/** A checked body together with its original text, for callers that store it verbatim. */
export interface JsonBody<T> {
  readonly value: T
  readonly text: string
}

/**
 * Reads the whole body as JSON and checks it against `schema`, as Go's decoder would: whatever the content
 * type, keys in any case, unknown ones ignored, `null` as an empty object. Throws `invalid`, naming the
 * field, `too-large`, or `too-busy` when the bodies of all requests together are too large.
 */
export async function readJson<S extends GenericSchema>(
  c: ApiContext,
  schema: S,
  limit: BodyLimit = USUAL_BODY,
): Promise<JsonBody<InferOutput<S>>> {
  const bytes = await readBytes(c, limit)
  if (bytes.length === 0) throw new FaasError('invalid', 'body: is empty, JSON is expected')

  const text = decode(bytes)
  return { value: check(schema, parse(bytes, text)), text }
}

/** As `readJson`, but an empty body counts as an empty object. */
export async function readOptionalJson<S extends GenericSchema>(
  c: ApiContext,
  schema: S,
): Promise<InferOutput<S>> {
  const bytes = await readBytes(c, USUAL_BODY)
  return check(schema, bytes.length === 0 ? {} : parse(bytes, decode(bytes)))
}

/** The whole body. Throws `too-large`, `too-busy`, `cancelled`. */
export async function readBytes(c: ApiContext, limit: BodyLimit): Promise<Buffer> {
  const request = c.req.raw
  const share = c.get('body')
  const declared = Number(request.headers.get('content-length') ?? 0)
  if (declared > limit.bytes) throw tooLarge(limit)
  if (request.body === null) return Buffer.alloc(0)

  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of request.body) {
      length += chunk.length
      if (length > limit.bytes) throw tooLarge(limit)
      share.take(chunk.length)
      chunks.push(chunk)
    }
  } catch (error) {
    if (error instanceof FaasError) throw error
    throw new FaasError('cancelled', 'the client left before the body was complete', { cause: error })
  }
  return Buffer.concat(chunks)
}

function tooLarge({ bytes, hint }: BodyLimit): FaasError {
  const sentence = `body: is larger than ${bytes} bytes (${mebibytes(bytes)} MiB), the most that the gateway takes on this route, a fixed limit`
  return new FaasError('too-large', hint === '' ? sentence : `${sentence}; ${hint}`)
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new FaasError('invalid', 'body: is not valid UTF-8')
  }
}

function parse(bytes: Buffer, text: string): unknown {
  const { depth, values } = shapeOf(bytes)
  if (depth > MAX_DEPTH) throw new FaasError('invalid', `body: is nested deeper than ${MAX_DEPTH} levels`)
  if (values > MAX_VALUES) {
    throw new FaasError(
      'invalid',
      `body: has more than ${MAX_VALUES} fields and elements, at all depths together`,
    )
  }
  try {
    return JSON.parse(text)
  } catch (error) {
    // The parser's own message quotes the text around the fault, which may be a secret's value.
    throw new FaasError('invalid', 'body: is not valid JSON', { cause: error })
  }
}

/**
 * Deepest nesting of brackets and approximate number of values, outside strings. Cheaper than building the
 * objects first.
 */
function shapeOf(bytes: Buffer): { readonly depth: number; readonly values: number } {
  let [depth, deepest, values] = [0, 0, 1]
  let inString = false
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (inString) {
      if (byte === 0x5c) at += 1
      else if (byte === 0x22) inString = false
    } else if (byte === 0x22) inString = true
    else if (byte === 0x2c) values += 1
    else if (byte === 0x7b || byte === 0x5b) {
      // The first element of each has no comma before it.
      values += 1
      depth += 1
      if (depth > deepest) deepest = depth
    } else if (byte === 0x7d || byte === 0x5d) depth -= 1
  }
  return { depth: deepest, values }
}

function check<S extends GenericSchema>(schema: S, parsed: unknown): InferOutput<S> {
  const value = parsed ?? {}
  if (typeof value !== 'object' || Array.isArray(value)) {
    throw new FaasError('invalid', 'body: must be a JSON object')
  }
  const result = safeParse(schema, canonicalKeys(schema, value), { abortEarly: true })
  if (!result.success) throw new FaasError('invalid', describe(result.issues[0]))
  return result.output
}

function describe(issue: BaseIssue<unknown>): string {
  const path = issue.path?.map((step) => String(step.key)).join('.') ?? 'body'
  return `${shortened(path, 120)}: ${issue.message}`
}
