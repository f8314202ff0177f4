import { get } from 'node:http'

/**
 * How our server says that it is. `write-error`: a write failed, and from 2.14 on that stream takes no more
 * until a restart.
 */
export type HealthKind = 'well' | 'write-error' | 'unwell'

export interface Health {
  readonly kind: HealthKind
  /** What it says; empty when well. */
  readonly text: string
}

const MOST_BODY = 4_096

/** What an answer of `/healthz` means. Pure. */
export function judgeHealth(status: number, body: string): Health {
  if (status === 200) return { kind: 'well', text: '' }
  const text = errorOf(body)
  const isWrite = status === 503 && /write error|no space left/i.test(text)
  return { kind: isWrite ? 'write-error' : 'unwell', text }
}

/** Asks the page of health. Rejects when it does not answer, or when `signal` aborts. */
export function askHealth(url: string, signal: AbortSignal): Promise<Health> {
  return new Promise((resolve, reject) => {
    const request = get(url, { signal, agent: false }, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (text: string) => (body = (body + text).slice(0, MOST_BODY)))
      response.on('end', () => resolve(judgeHealth(response.statusCode ?? 0, body)))
      response.on('error', reject)
    })
    request.on('error', reject)
  })
}

function errorOf(body: string): string {
  const error = /"error":\s*"((?:[^"\\]|\\.){0,500})/.exec(body)?.[1]
  return error ?? body.trim().slice(0, 500)
}
