import { FaasError } from '../errors.ts'
import type { StringMap } from './function-spec.ts'

/** A namespace for functions and secrets, as it is stored and answered. */
export interface Namespace {
  readonly name: string
  readonly labels: StringMap
  readonly annotations: StringMap
}

/** The error for a namespace that does not exist. `cure`: what to do about it; may be empty. */
export function unknownNamespace(name: string, cure = ''): FaasError {
  const sentence = `namespace: ${JSON.stringify(name)} does not exist`
  return new FaasError('invalid', cure === '' ? sentence : `${sentence}: ${cure}`)
}
