import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { get as httpGet, type IncomingMessage } from 'node:http'
import { get as httpsGet } from 'node:https'
import { resolve } from 'node:path'
import { CliError } from '../cli-error.ts'
import { note, type Session } from '../session.ts'

/** In this order (cli.md 1.3). */
export const DEFAULT_STACK_FILES = ['stack.yaml', 'stack.yml'] as const

/** A stack file, as the user would name it. */
export interface StackPlace {
  readonly path: string
  /** It is there, and nobody named it. */
  readonly isDefault: boolean
}

const FETCH_TIMEOUT_MS = 120_000

/** Larger is no stack file. */
const LARGEST_BYTES = 16 * 2 ** 20
const MOST_REDIRECTS = 5

/** The stack file of `--yaml`, else the usual one of this folder; null without either. */
export function locateStack(session: Session, yaml: string): StackPlace | null {
  if (yaml !== '') return { path: yaml, isDefault: false }
  const path = DEFAULT_STACK_FILES.find((name) => existsSync(resolve(session.cwd, name)))
  return path === undefined ? null : { path, isDefault: true }
}

export function isStackUrl(path: string): boolean {
  return /^https?:\/\//i.test(path)
}

/** Throws `CliError` where it cannot be had. */
export async function readStackText(session: Session, path: string): Promise<string> {
  if (isStackUrl(path)) {
    note(session, `Parsed: ${path}`)
    return await fetched(session, path, 0)
  }
  try {
    return await readFile(resolve(session.cwd, path), 'utf8')
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new CliError(
      `stack file ${path} cannot be read: ${isMissing ? 'no such file' : (error as Error).message}`,
      {
        cause: error,
        hint: isMissing ? 'Make one with: sampan new NAME --lang node   or name another with -f' : '',
      },
    )
  }
}

async function fetched(session: Session, url: string, redirects: number): Promise<string> {
  const response = await answer(session, url)
  const { statusCode: status = 0, headers } = response
  if (status >= 300 && status < 400 && headers.location !== undefined && redirects < MOST_REDIRECTS) {
    response.resume()
    return await fetched(session, new URL(headers.location, url).href, redirects + 1)
  }
  if (status !== 200) {
    response.resume()
    throw new CliError(`stack file ${url} cannot be fetched: it was answered with ${status}`)
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > LARGEST_BYTES) throw new CliError(`stack file ${url} is larger than ${LARGEST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function answer({ signal, clock }: Session, url: string): Promise<IncomingMessage> {
  const get = url.toLowerCase().startsWith('https:') ? httpsGet : httpGet
  return new Promise((found, lost) => {
    const options = { signal: AbortSignal.any([signal, clock.timeout(FETCH_TIMEOUT_MS)]) }
    get(url, options, found).on('error', (error) =>
      lost(new CliError(`stack file ${url} cannot be fetched: ${error.message}`, { cause: error })),
    )
  })
}
