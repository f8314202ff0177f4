import type { FunctionName } from '../../core/functions/function-name.ts'
import type { StringMap } from '../../core/functions/function-spec.ts'

/** What has to be known of a function to accept a call for it. */
export interface AsyncTarget {
  readonly name: FunctionName
  readonly annotations: StringMap
}
