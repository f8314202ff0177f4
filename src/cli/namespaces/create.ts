import type { Invocation } from '../args/command.ts'
import type { NAMESPACE_CHANGE_FLAGS } from '../table/namespaces.ts'
import { changeNamespace } from './change.ts'

/** cli.md 3.20. */
export function run(invocation: Invocation<typeof NAMESPACE_CHANGE_FLAGS>): Promise<void> {
  return changeNamespace(invocation, 'create')
}
