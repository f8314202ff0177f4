import { createHmac } from 'node:crypto'
import { CliError } from '../cli-error.ts'

/** Name to values, names as Go writes them. */
export type CallHeaders = Readonly<Record<string, readonly string[]>>

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/

export interface AskedHeaders {
  /** `Name: value`, or `name=value` as faas-cli once had it. */
  readonly header: readonly string[]
  readonly contentType: string
  /** It wins over a header then. */
  readonly isTypeGiven: boolean
}

/** Throws `CliError` for what is no header. `onOldForm` is told once of the form that is out of date (cli.md 3.10). */
export function callHeaders(asked: AskedHeaders, onOldForm: () => void): CallHeaders {
  const headers: Record<string, string[]> = {}
  const isOld = asked.header.map((text) => add(headers, text))
  if (isOld.includes(true)) onOldForm()
  if (asked.isTypeGiven || headers['Content-Type'] === undefined)
    headers['Content-Type'] = [asked.contentType]
  return headers
}

/** `NAME: sha256=…` of the bytes of the body. */
export function signature(body: Uint8Array, key: string): string {
  return `sha256=${createHmac('sha256', key).update(body).digest('hex')}`
}

/** As Go writes names of headers: a capital at the start of each part. */
export function canonical(name: string): string {
  if (!TOKEN.test(name)) throw new CliError(`"${name}" cannot be the name of a header`)
  return name.toLowerCase().replace(/(^|-)[a-z]/g, (letters) => letters.toUpperCase())
}

/** True: it has the old form. */
function add(headers: Record<string, string[]>, text: string): boolean {
  const isOld = !text.includes(':')
  const at = text.indexOf(isOld ? '=' : ':')
  const name = text.slice(0, at).trim()
  const value = text.slice(at + 1).trim()
  if (at < 1 || name === '' || value === '')
    throw new CliError(`the header "${text}" needs a name and a value`, {
      hint: "Such as: -H 'X-Team: blue'",
    })
  if (/[\0\r\n]/.test(value)) throw new CliError(`the header ${name} has a line end in its value`)
  // Node sends characters as single bytes: these are the bytes of the text.
  const values = (headers[canonical(name)] ??= [])
  values.push(Buffer.from(value, 'utf8').toString('latin1'))
  return isOld
}
