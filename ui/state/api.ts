import { signal } from '@preact/signals'
import { isActive, token, whenSignedIn } from './session.ts'

/** What the daemon refused, in its own words. Status 0: it did not answer. */
export class ApiError extends Error {
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export interface Ask {
  readonly method?: string
  readonly body?: BodyInit | null
  readonly json?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
}

/** The release of the page that the daemon has, where it differs from this one. */
export const newerPage = signal(false)
let ownPage: string | null = null

/** The only request of this page. Answers of any status but 401, which it waits out at the sign-in sheet. */
export async function ask(path: string, init: Ask = {}): Promise<Response> {
  const used = token.value
  const answer = await send(path, init, used)
  noticePage(answer)
  if (answer.status !== 401 || used === null) return answer
  if (token.value === used) await whenSignedIn()
  return ask(path, init)
}

async function send(path: string, init: Ask, session: string | null): Promise<Response> {
  const headers: Record<string, string> = { ...init.headers }
  if (session !== null) headers['Sampan-Session'] = session
  if (isActive()) headers['Sampan-Active'] = '1'
  if (init.json !== undefined) headers['Content-Type'] = 'application/json'
  const body = init.json === undefined ? (init.body ?? null) : JSON.stringify(init.json)
  try {
    return await fetch(path, {
      method: init.method ?? 'GET',
      headers,
      body,
      signal: init.signal ?? null,
      cache: 'no-store',
      credentials: 'omit',
      redirect: 'error',
    })
  } catch (error) {
    if (init.signal?.aborted === true) throw error
    throw new ApiError(0, 'The daemon does not answer')
  }
}

function noticePage(answer: Response): void {
  const page = answer.headers.get('Sampan-Ui')
  if (page === null) return
  ownPage ??= page
  if (page !== ownPage) newerPage.value = true
}

/** The same, with every failure as an `ApiError` whose message can be shown. */
export async function must(path: string, init: Ask = {}): Promise<Response> {
  const answer = await ask(path, init)
  if (answer.ok) return answer
  throw new ApiError(answer.status, await sentenceOf(answer))
}

export async function get<T>(path: string, init: Ask = {}): Promise<T> {
  const answer = await must(path, init)
  const value: unknown = await answer.json()
  // Every field of a type in wire.ts may be missing, so there is nothing to check here that a reader does not.
  return value as T
}

/** Undefined where this daemon has no such route. */
export async function getIfThere<T>(path: string, init: Ask = {}): Promise<T | undefined> {
  try {
    return await get<T>(path, init)
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 501)) return undefined
    throw error
  }
}

async function sentenceOf(answer: Response): Promise<string> {
  const text = (await answer.text().catch(() => '')).slice(0, 4000).trim()
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'error' in value) return String(value.error)
  } catch {
    // Plain text, as most are.
  }
  return text === '' ? `The daemon answered ${answer.status} ${answer.statusText}` : text
}

export const sentence = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A query of those that are not empty, with the question mark. */
export function query(values: Readonly<Record<string, string | number | undefined>>): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '')
  return given.length === 0
    ? ''
    : `?${new URLSearchParams(given.map(([key, value]) => [key, String(value)]))}`
}
