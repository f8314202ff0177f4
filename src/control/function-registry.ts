import type { FunctionName } from '../core/functions/function-name.ts'
import type { DeployedFunction, EarlierRevision, FunctionChange } from '../core/functions/function-spec.ts'

/**
 * Where desired state is kept. Every change is on disk when the method returns. `FunctionControl` checks in
 * the same turn whether a function exists; a method that is called for a missing one throws an unexpected
 * error.
 */
export interface FunctionRegistry {
  get(name: FunctionName): DeployedFunction | undefined
  all(): readonly DeployedFunction[]
  /** The revisions before the newest that are kept, newest first. */
  earlier(name: FunctionName): readonly EarlierRevision[]
  insert(change: FunctionChange): DeployedFunction
  replace(change: FunctionChange): DeployedFunction
  setReplicas(name: FunctionName, replicas: number): DeployedFunction
  setResting(name: FunctionName, isResting: boolean): DeployedFunction
  setArtifact(name: FunctionName, revision: number, artifact: string): DeployedFunction | undefined
  /** This revision was ready. Undefined when that was known, or when it is not the newest any more. */
  prove(name: FunctionName, revision: number): DeployedFunction | undefined
  /** Erases the revisions before the newest, but for the last good one while it may serve. */
  eraseEarlier(name: FunctionName): void
  remove(name: FunctionName): void
}
