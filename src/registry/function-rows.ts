import { functionName, nameOf, namespaceOf, type FunctionName } from '../core/functions/function-name.ts'
import type { FunctionSpec, Revision } from '../core/functions/function-spec.ts'
import type { Row } from './database.ts'

// Shared by the tables about functions.

/** The key: namespace and name. */
export function keyOf(name: FunctionName): [string, string] {
  return [namespaceOf(name), nameOf(name)]
}

export function nameIn(row: Row): FunctionName {
  return functionName(String(row['name']), String(row['namespace']))
}

export function revisionIn(row: Row): Revision {
  const spec = JSON.parse(String(row['spec'])) as FunctionSpec
  const artifact = row['artifact']
  return {
    spec: { ...spec, name: nameIn(row) },
    revision: Number(row['revision']),
    artifact: typeof artifact === 'string' ? artifact : null,
  }
}
