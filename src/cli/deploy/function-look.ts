import { LAST_WORDS_ANNOTATION, REASON_ANNOTATION, STATE_ANNOTATION } from '../../wire/status-annotations.ts'
import type { GatewayClient } from '../gateway/gateway-client.ts'
import { queryOf } from '../gateway/query.ts'

/** How a function does, as far as its gateway tells. */
export interface FunctionLook {
  readonly state: string
  /** Why it is not ready; empty when nothing is known. */
  readonly reason: string
  readonly lastWords: readonly string[]
  /** It takes calls, or will when there are any; and it is the one that was deployed last. */
  readonly isReady: boolean
  /** It will not get better by itself. */
  readonly isTrouble: boolean
}

interface Status {
  readonly availableReplicas?: number
  readonly annotations?: Readonly<Record<string, string>> | null
  readonly status?: {
    readonly state: string
    readonly reason: string
    readonly lastWords: readonly string[]
    readonly revision: number
    readonly serving: { readonly revision: number } | null
  }
}

const UNKNOWN: FunctionLook = {
  state: 'unknown',
  reason: '',
  lastWords: [],
  isReady: false,
  isTrouble: false,
}

/** Asks for the status of one function. Throws `CliError` where the gateway cannot be reached. */
export async function lookAt(
  gateway: GatewayClient,
  { name, namespace }: { readonly name: string; readonly namespace: string },
): Promise<FunctionLook> {
  const answer = await gateway.send({
    method: 'GET',
    path: `/system/function/${encodeURIComponent(name)}${queryOf({ namespace })}`,
  })
  const text = await answer.text()
  if (answer.status !== 200)
    return { ...UNKNOWN, reason: `its status is answered with ${answer.status}: ${text.trim()}` }
  try {
    return lookOf(JSON.parse(text) as Status)
  } catch {
    return { ...UNKNOWN, reason: 'its status is no JSON' }
  }
}

/** Our gateway says it in a field, and in annotations where something is wrong; others tell only who takes calls. */
function lookOf({ availableReplicas = 0, annotations, status }: Status): FunctionLook {
  if (status !== undefined) {
    const { state, reason, lastWords, revision, serving } = status
    const isNewest = serving?.revision === revision
    return {
      state,
      reason,
      lastWords,
      // Fewer replicas than wanted are replicas.
      isReady: state === 'ready' || state === 'sleeping' || (state === 'degraded' && isNewest),
      isTrouble: state === 'failing' || (state === 'degraded' && !isNewest),
    }
  }
  const state = annotations?.[STATE_ANNOTATION] ?? (availableReplicas > 0 ? 'ready' : 'starting')
  return {
    state,
    reason: annotations?.[REASON_ANNOTATION] ?? '',
    lastWords: annotations?.[LAST_WORDS_ANNOTATION]?.split(' | ') ?? [],
    isReady: state === 'ready' || state === 'sleeping',
    isTrouble: state === 'failing' || state === 'degraded',
  }
}
