import { CliError } from '../cli-error.ts'
import type { GatewayAnswer, GatewayClient } from '../gateway/gateway-client.ts'
import type { Session } from '../session.ts'

/** Between two questions whether a call has ended: soon at first, as most end soon. */
const FIRST_WAIT_MS = 100
const LONGEST_WAIT_MS = 2_000

interface EndedCall {
  readonly state: string
  readonly reason?: string
  readonly error?: string
}

/** The kept answer of an asynchronous call, when there is one (docs/async-api.md). Null: there is none yet. */
export async function keptAnswer(gateway: GatewayClient, callId: string): Promise<GatewayAnswer | null> {
  const path = `/system/async/calls/${encodeURIComponent(callId)}`
  const answer = await gateway.send({ method: 'GET', path: `${path}/result` })
  if (answer.status === 200) return answer
  const text = await answer.text()
  if (answer.status === 425) return null
  if (answer.status !== 404) throw gateway.refusal(answer.status, text)
  throw new CliError(`call ${callId} has no answer: ${await why(gateway, path, text.trim())}`, {
    hint: `See: sampan calls show ${callId}`,
  })
}

/** Waits for it as long as the call takes. */
export async function awaitAnswer(
  session: Session,
  gateway: GatewayClient,
  { callId, signal }: { readonly callId: string; readonly signal: AbortSignal | undefined },
): Promise<GatewayAnswer> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    const answer = await keptAnswer(gateway, callId)
    if (answer !== null) return answer
    await session.clock.sleep(waitMs, signal ?? session.signal)
  }
}

/** Status of the function in a kept answer; the answer's own says only that there is one. */
export function functionStatus({ headers, status }: GatewayAnswer): number {
  const said = Number(headers['x-function-status'])
  return Number.isInteger(said) && said > 0 ? said : status
}

async function why(gateway: GatewayClient, path: string, text: string): Promise<string> {
  const answer = await gateway.send({ method: 'GET', path })
  const body = await answer.text()
  if (answer.status !== 200) return text
  const { state, reason, error } = (JSON.parse(body) as readonly EndedCall[]).at(-1) ?? { state: '' }
  return [state === 'succeeded' ? text : `it is ${state}`, reason, error].filter(Boolean).join(', ')
}
