import { pipeline } from 'node:stream/promises'
import { CliError } from '../cli-error.ts'
import type { GatewayAnswer, GatewayClient } from '../gateway/gateway-client.ts'
import { note, type Session } from '../session.ts'
import type { CallHeaders } from './call-headers.ts'

/** A call of a function, ready to be sent, once or often. */
export interface FunctionCall {
  readonly method: string
  /** From the root of the gateway. */
  readonly target: string
  readonly headers: CallHeaders
  /** Null: none at all, not even an empty one. */
  readonly body: Uint8Array | null
}

const MOST_REDIRECTS = 10

/** Headers that only the host gets which they were meant for. */
const CREDENTIALS: ReadonlySet<string> = new Set(['Authorization', 'Cookie'])

/** Sends it without credentials of the gateway and without a limit, and follows redirects as Go does. */
export async function exchange(
  gateway: GatewayClient,
  call: FunctionCall,
  signal?: AbortSignal,
): Promise<GatewayAnswer> {
  let next = call
  for (let followed = 0; followed <= MOST_REDIRECTS; followed += 1) {
    const { method, target, headers, body } = next
    const answer = await gateway.send({
      method,
      path: target,
      headers,
      ...(body !== null && { body }),
      timeoutMs: 0,
      isAnonymous: true,
      ...(signal !== undefined && { signal }),
    })
    const redirected = redirect(next, answer, gateway.address.url)
    if (redirected === null) return answer
    answer.body.resume()
    next = redirected
  }
  throw new CliError(`stopped after ${MOST_REDIRECTS} redirects`, {
    hint: `The last one led to ${next.target}`,
  })
}

/** Null: it is the answer. */
function redirect(call: FunctionCall, { status, headers }: GatewayAnswer, root: string): FunctionCall | null {
  const { location } = headers
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return null
  const from = new URL(/^https?:/.test(call.target) ? call.target : `${root}${call.target}`)
  if (!URL.canParse(location, from.href))
    throw new CliError(`the function redirects to "${location}", which is no address`)
  const to = new URL(location, from)
  if (!/^https?:$/.test(to.protocol))
    throw new CliError(`the function redirects to ${to.href}, which is no address of a server`)
  const kept = Object.entries(call.headers).filter(
    ([name]) => to.host === from.host || !CREDENTIALS.has(name),
  )
  const rest = { target: to.href, headers: Object.fromEntries(kept) }
  if (status >= 307) return { ...call, ...rest }
  const { 'Content-Type': _type, ...bare } = rest.headers
  return { target: rest.target, headers: bare, method: 'GET', body: null }
}

/** The body to standard output, byte by byte. */
export async function writeBody(session: Session, { body }: GatewayAnswer): Promise<void> {
  try {
    await pipeline(body, session.stdout, { end: false })
  } catch (error) {
    throw new CliError(`the answer broke off: ${(error as Error).message}`, {
      cause: error,
      hint: 'What came of it was written. The log of the function may say more: sampan logs NAME',
    })
  }
}

/** Status and headers, where they do not mix with the body. */
export function showHead(session: Session, { statusLine, rawHeaders }: GatewayAnswer): void {
  note(session, `HTTP/1.1 ${statusLine}`)
  for (let at = 0; at + 1 < rawHeaders.length; at += 2)
    note(session, `${rawHeaders[at] ?? ''}: ${rawHeaders[at + 1] ?? ''}`)
  note(session, '')
}
