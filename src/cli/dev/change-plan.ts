import { isNamedBy } from '../watch/ignore-rules.ts'
import type { TreeChanges } from '../watch/tree-changes.ts'

/** What a template allows. */
export interface SyncRules {
  /** Where a container has the handler; empty: it is compiled. */
  readonly handlerPath: string
  /** Files that are read when the image is built, as lines of a `.gitignore` name them. */
  readonly rebuild: readonly string[]
}

/** What a change of the handler asks for: files put into the container, or an image. Pure. */
export function stepFor(
  { changed, removed }: TreeChanges,
  { handlerPath, rebuild }: SyncRules,
): 'sync' | 'build' {
  if (handlerPath === '') return 'build'
  return [...changed, ...removed].some((path) => isNamedBy(rebuild, path)) ? 'build' : 'sync'
}

/** Names of files for a line of text. Pure. */
export function named({ changed, removed }: TreeChanges): string {
  const all = [...changed, ...removed.map((path) => `-${path}`)]
  const shown = all.slice(0, 3).join(', ')
  return all.length > 3 ? `${shown} and ${all.length - 3} more` : shown
}
