import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { CliError } from '../cli-error.ts'
import type { Session } from '../session.ts'

const MOST_REDIRECTS = 5

/** Lists of stores are a few hundred KiB, stack files less. */
const MOST_BYTES = 16 * 1024 * 1024

/** The text at an address, without credentials. Rejects for any status but 200, and where nothing comes for `timeoutMs`. */
export async function download(session: Session, url: string, timeoutMs: number): Promise<string> {
  let at = url
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    if (!/^https?:\/\//i.test(at) || !URL.canParse(at))
      throw new CliError(`"${at}" is no URL`, { hint: 'It begins with http:// or https://.' })
    const answer = await ask(session, new URL(at), timeoutMs)
    const { statusCode = 0, headers } = answer
    if (statusCode < 300 || statusCode > 399 || headers.location === undefined) return textOf(answer)
    answer.resume()
    at = new URL(headers.location, at).href
  }
  throw new CliError('it is redirected too often')
}

async function ask({ signal }: Session, url: URL, timeoutMs: number): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const request = send(url, { signal, headers: { Accept: '*/*' } }, resolve)
    request.on('error', (error) => {
      reject(error instanceof AggregateError ? (error.errors[0] as Error) : error)
    })
    request.setTimeout(timeoutMs, () => request.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)))
    request.end()
  })
}

async function textOf(answer: IncomingMessage): Promise<string> {
  if (answer.statusCode !== 200) {
    answer.resume()
    throw new CliError(`status ${answer.statusCode}`)
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MOST_BYTES) throw new CliError('it is longer than 16 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
