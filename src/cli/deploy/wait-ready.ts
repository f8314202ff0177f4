import { CliError } from '../cli-error.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { note, type Session } from '../session.ts'
import { type FunctionLook, lookAt } from './function-look.ts'

export interface WaitFlags {
  readonly wait: boolean
  readonly 'no-wait': boolean
  readonly 'wait-timeout': number
}

const POLL_MS = 300

/** A program that fails at once may do better the second time: trouble must last as long. */
const TROUBLE_MS = 3_000

/** Our own, by its name in `/system/info`: only it tells how a function does. */
const OURS = 'sampan'

/** Whether to wait for what was deployed: asked for, or of use to a person or with our gateway (cli.md 17.2). */
export async function isWaiting(
  session: Session,
  gateway: GatewayClient,
  { flags, isGiven }: { readonly flags: WaitFlags; readonly isGiven: (name: 'wait') => boolean },
): Promise<boolean> {
  if (flags['no-wait']) return false
  if (isGiven('wait')) return flags.wait
  return session.stdout.isTTY === true || (await isOurs(gateway))
}

async function isOurs(gateway: GatewayClient): Promise<boolean> {
  const answer = await gateway.send({ method: 'GET', path: '/system/info' })
  const text = await answer.text()
  try {
    const info = JSON.parse(text) as { readonly provider?: { readonly provider?: string } } | null
    return info?.provider?.provider === OURS
  } catch {
    return false
  }
}

/**
 * Resolves when the function that was just deployed takes calls; what keeps it is said on standard error as it changes.
 * Throws `CliError` when it will not, or has not when the time is over.
 */
export async function waitUntilReady(
  session: Session,
  gateway: GatewayClient,
  asked: { readonly name: string; readonly namespace: string; readonly deadlineMs: number },
): Promise<void> {
  const { clock, signal } = session
  let said = ''
  let troubleMs: number | null = null
  for (;;) {
    const look = await lookAt(gateway, asked)
    const line = `${asked.name}: ${look.state}${look.reason === '' ? '' : `: ${look.reason}`}`
    if (line !== said) note(session, line)
    said = line
    if (look.isReady) return
    const nowMs = clock.now()
    troubleMs = look.isTrouble ? (troubleMs ?? nowMs) : null
    const isHopeless = troubleMs !== null && nowMs - troubleMs >= TROUBLE_MS
    if (isHopeless || nowMs >= asked.deadlineMs) throw failure(asked, look)
    await clock.sleep(POLL_MS, signal)
  }
}

function failure(
  { name, namespace }: { readonly name: string; readonly namespace: string },
  { reason, lastWords, isTrouble }: FunctionLook,
): CliError {
  const what = isTrouble ? 'is not ready' : 'is not ready yet'
  const at = `${name}${namespace === '' ? '' : ` -n ${namespace}`}`
  const hint = isTrouble
    ? `See: sampan describe ${at}, sampan logs ${at}`
    : `See: sampan describe ${at}. --wait-timeout waits longer, --no-wait does not wait.`
  const words = lastWords.map((line) => `  ${line}\n`).join('')
  return new CliError(`function '${name}' was deployed, but ${what}${reason === '' ? '' : `: ${reason}`}`, {
    hint: words === '' ? hint : `The last that it wrote:\n${words}${hint}`,
  })
}
