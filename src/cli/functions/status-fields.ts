import { formatGoTime, layoutOf, readGoTime } from '../output/go-time.ts'
import type { ListedFunction } from './functions-client.ts'

/** In the order in which Go writes them (the type `FunctionStatus` of faas-provider). */
const FIELDS = [
  'name',
  'image',
  'namespace',
  'envProcess',
  'envVars',
  'constraints',
  'secrets',
  'labels',
  'annotations',
  'limits',
  'requests',
  'readOnlyRootFilesystem',
  'invocationCount',
  'replicas',
  'availableReplicas',
  'createdAt',
  'usage',
] as const

/** They are there whatever their value. */
const ALWAYS: ReadonlySet<string> = new Set(['name', 'image', 'createdAt'])

/** The time of a function that does not say when it was deployed. */
const NEVER = '0001-01-01T00:00:00Z'

/**
 * A function as `--json` of faas-cli writes it: the fields that OpenFaaS knows, without what is empty, keys of maps sorted. What
 * else a gateway says is in `--output json`.
 */
export function statusFields(fn: ListedFunction): object {
  const time = readGoTime(fn.createdAt ?? '')
  const createdAt = time === null ? NEVER : formatGoTime(time, layoutOf('rfc3339nano'))
  const known: Readonly<Record<string, unknown>> = {
    ...fn,
    envVars: Object.keys(fn.envVars ?? {}).length === 0 ? undefined : sorted(fn.envVars),
    labels: sorted(fn.labels),
    annotations: sorted(fn.annotations),
    limits: resources(fn.limits),
    requests: resources(fn.requests),
    usage: fn.usage && filled({ cpu: fn.usage.cpu, totalMemoryBytes: fn.usage.totalMemoryBytes }),
    createdAt,
  }
  return Object.fromEntries(
    FIELDS.filter((field) => ALWAYS.has(field) || !isEmpty(known[field])).map((field) => [
      field,
      known[field],
    ]),
  )
}

/** For Go: what `omitempty` leaves out. A pointer to something empty stays. */
function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || value === 0 || value === false || isBare(value)
  )
}

function isBare(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0
}

type Map = Readonly<Record<string, string>>

function sorted(map: Map | null | undefined): Map | undefined {
  if (map === null || map === undefined) return undefined
  return Object.fromEntries(Object.entries(map).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

function resources(given: ListedFunction['limits']): object | undefined {
  return given && filled({ memory: given.memory, cpu: given.cpu, ...given })
}

function filled(fields: object): object {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => !isEmpty(value)))
}
