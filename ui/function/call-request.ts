import type { Header, Request } from '../text/curl.ts'
import { hasCredentials } from '../text/curl.ts'
import { recall, remember } from '../state/storage.ts'

export const METHODS = ['POST', 'GET', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const
const KEPT = 20

export const takesBody = (method: string): boolean => method !== 'GET' && method !== 'HEAD'

/** `Sampan-Call-Headers`: base64url of JSON in UTF-8. */
export function encodedHeaders(headers: readonly Header[]): string {
  const json = new TextEncoder().encode(JSON.stringify(headers.filter(([name]) => name !== '')))
  let binary = ''
  for (const byte of json) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The headers of an answer, in the same form; none when they cannot be read. */
export function decodedHeaders(text: string | null): readonly Header[] {
  try {
    const binary = atob((text ?? '').replaceAll('-', '+').replaceAll('_', '/'))
    const value: unknown = JSON.parse(
      new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0))),
    )
    return Array.isArray(value) ? value.filter(isHeader) : []
  } catch {
    return []
  }
}

const isHeader = (value: unknown): value is Header =>
  Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string')

const historyKey = (fn: string): string => `calls.${fn}`

export function history(fn: string): readonly Request[] {
  try {
    const value: unknown = JSON.parse(recall(historyKey(fn)) ?? '[]')
    return Array.isArray(value) ? value.filter(isRequest).slice(0, KEPT) : []
  } catch {
    return []
  }
}

function isRequest(value: unknown): value is Request {
  if (typeof value !== 'object' || value === null) return false
  const { method, target, body, headers }: Partial<Record<keyof Request, unknown>> = value
  const isText = [method, target, body].every((field) => typeof field === 'string')
  return isText && Array.isArray(headers) && headers.every(isHeader)
}

/** Values that are credentials are left out, and so is a body too long to be worth it. */
export function addToHistory(fn: string, request: Request): void {
  const headers = request.headers.map((header): Header =>
    hasCredentials([header]) ? [header[0], ''] : header,
  )
  const kept = { ...request, headers, body: request.body.length > 20_000 ? '' : request.body }
  const text = JSON.stringify(kept)
  const others = history(fn).filter((old) => JSON.stringify(old) !== text)
  remember(historyKey(fn), JSON.stringify([kept, ...others].slice(0, KEPT)))
}
