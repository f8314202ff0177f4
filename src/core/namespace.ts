import type { StringMap } from './function-spec.ts'

/** A namespace for functions and secrets, as it is stored and answered. */
export interface Namespace {
  readonly name: string
  readonly labels: StringMap
  readonly annotations: StringMap
}
