import type { FunctionName } from '../functions/function-name.ts'
import type { Provider } from './provider.ts'

/**
 * Resolves when every function whose replicas ran before takes calls again, or `signal` aborts: what was adopted is
 * probed once before it is called. Never rejects.
 */
export async function whenAdopted(
  provider: Pick<Provider, 'replicas' | 'whenReady'>,
  functions: readonly FunctionName[],
  signal: AbortSignal,
): Promise<void> {
  const probed = functions.filter((fn) => {
    const states = provider.replicas(fn).map(({ state }) => state)
    return states.includes('starting') && !states.includes('ready') && !states.includes('frozen')
  })
  await Promise.allSettled(probed.map((fn) => provider.whenReady(fn, signal)))
}
