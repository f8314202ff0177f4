import type { Session } from '../session.ts'
import type { StackFile } from '../stack/stack-file.ts'

/**
 * The stack file in use, for commands that want only to know its gateway and the namespaces of its functions. A file
 * that happens to be here may be broken, or none of ours: only one that is named, or asked for with `isStrict`, must be right.
 */
export async function projectOf(
  session: Session,
  flags: unknown,
  { isStrict = false }: { readonly isStrict?: boolean } = {},
): Promise<StackFile | null> {
  void [session, flags, isStrict]
  return Promise.resolve(null)
}
