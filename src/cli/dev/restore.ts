import { DEV_ANNOTATION } from '../../core/functions/dev-mode.ts'
import { CliError } from '../cli-error.ts'
import type { ListedFunction } from '../functions/functions-client.ts'
import { DEV_NEW, type DevClient, type KnownRevision } from './dev-client.ts'

/** What is to be done at the end. */
export type Restoring =
  | { readonly kind: 'nothing'; readonly why: string }
  | { readonly kind: 'remove' }
  | { readonly kind: 'return'; readonly revision: number }
  | { readonly kind: 'lost' }

/**
 * How the function comes to be as it was before, by what the gateway knows: so the next `dev` can, too, when this one was killed. Pure.
 * `revisions`: newest first.
 */
export function restoringOf(found: ListedFunction | null, revisions: readonly KnownRevision[]): Restoring {
  if (found === null) return { kind: 'nothing', why: 'it was removed meanwhile' }
  if ((found.annotations?.[DEV_ANNOTATION] ?? '') === '')
    return { kind: 'nothing', why: 'it was deployed anew meanwhile, and left so' }
  if (found.annotations?.[DEV_NEW] === 'true') return { kind: 'remove' }
  const before = revisions.slice(1).find(({ dev }) => dev !== true)
  return before === undefined ? { kind: 'lost' } : { kind: 'return', revision: before.revision }
}

/** Puts back what was deployed before; answers what was done, for a person. Throws `CliError` where that cannot be. */
export async function restore(client: DevClient, replicas: number | null): Promise<string> {
  const found = await client.get()
  const restoring = restoringOf(found, found === null ? [] : await client.revisions())
  switch (restoring.kind) {
    case 'nothing':
      return restoring.why
    case 'remove':
      await client.remove()
      return 'removed, as there was none before'
    case 'return':
      await client.rollback(restoring.revision)
      if (replicas !== null && replicas !== 1) await client.scale(replicas)
      return `what was deployed before is put back (revision ${restoring.revision})`
    case 'lost':
      throw new CliError('the revision from before is not kept any more, so what was built last stays', {
        hint: 'Deploy it for good: sampan up',
      })
  }
}
