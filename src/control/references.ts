import { FaasError } from '../core/errors.ts'
import { namespaceOf } from '../core/functions/function-name.ts'
import type { FunctionSpec } from '../core/functions/function-spec.ts'
import { unknownNamespace } from '../core/functions/namespace.ts'

/** Who knows what a function may refer to. */
export interface ReferencePorts {
  readonly hasNamespace: (name: string) => boolean
  /** The first of `names` that does not exist in `namespace`, or undefined. */
  readonly missingSecret: (namespace: string, names: readonly string[]) => string | undefined
}

/** Throws `invalid`, naming the field, when the namespace or a secret of the function does not exist. */
export function checkReferences(spec: FunctionSpec, ports: ReferencePorts): void {
  const namespace = namespaceOf(spec.name)
  checkNamespace(namespace, ports)
  const missing = ports.missingSecret(namespace, spec.secrets)
  if (missing === undefined) return
  throw new FaasError(
    'invalid',
    `secrets: ${JSON.stringify(missing)} does not exist in namespace ${namespace}: create it first (faas-cli secret create)`,
  )
}

/** Throws `invalid` when there is no such namespace. */
export function checkNamespace(namespace: string, { hasNamespace }: ReferencePorts): void {
  if (!hasNamespace(namespace)) throw unknownNamespace(namespace, 'create it first, or leave it out')
}
