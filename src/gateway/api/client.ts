import { FaasError } from '../../core/errors.ts'
import type { ApiContext, ApiEnv } from '../shared/api-context.ts'

/** The client's address; empty when the connection does not tell. */
export function addressOf(c: ApiContext): string {
  return bindingsOf(c).remoteAddress ?? ''
}

/**
 * Aborts when nobody waits for the answer any more: the client left, or the daemon stops (the reason is then
 * `unavailable`). The caller aborts it after the answer, which removes it from the daemon's signal.
 * `AbortSignal.any` and the option `signal` of `addEventListener` would leak an entry per request there (seen
 * on Node 20).
 */
export function endOf(c: ApiContext): AbortController {
  const end = new AbortController()
  const endWhen = (signal: AbortSignal, reason: () => unknown): void => {
    const abort = (): void => end.abort(reason())
    if (signal.aborted) abort()
    if (end.signal.aborted) return
    signal.addEventListener('abort', abort)
    end.signal.addEventListener('abort', () => signal.removeEventListener('abort', abort))
  }
  const { signal: client } = c.req.raw
  const { stopping } = bindingsOf(c)
  endWhen(client, () => client.reason)
  if (stopping !== undefined) endWhen(stopping, () => new FaasError('unavailable', 'the gateway stops'))
  return end
}

/** Called without a server (`app.request()`), the app has no bindings at all. */
function bindingsOf(c: ApiContext): ApiEnv['Bindings'] {
  const bindings: ApiEnv['Bindings'] | undefined = c.env
  return bindings ?? {}
}
