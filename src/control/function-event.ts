import type { DeployedFunction } from '../core/functions/function-spec.ts'

/** What happened to a function that there should be. */
export interface FunctionEvent {
  /**
   * `known`: it is new. `changed`: another revision, count, image or rest is desired. `removed`: there should
   * be none of the name any more.
   */
  readonly kind: 'known' | 'changed' | 'removed'
  /** As it is desired now; of a removed one, as it was last. */
  readonly fn: DeployedFunction
  /** The earlier revision that the new one is again. */
  readonly returnsTo?: number
}
