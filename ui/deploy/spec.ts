import type { FunctionStatus, StoreEntry } from '../state/wire.ts'
import type { Pair } from '../parts/fields.tsx'

/** What the form holds: texts as they are typed. */
export interface Spec {
  readonly name: string
  readonly namespace: string
  readonly image: string
  readonly command: string
  readonly environment: readonly Pair[]
  readonly secrets: readonly string[]
  readonly memory: string
  readonly cpu: string
  readonly requestMemory: string
  readonly requestCpu: string
  readonly isReadOnly: boolean
  readonly constraints: readonly string[]
  readonly labels: readonly Pair[]
  readonly annotations: readonly Pair[]
}

export const EMPTY: Spec = {
  name: '',
  namespace: '',
  image: '',
  command: '',
  environment: [],
  secrets: [],
  memory: '',
  cpu: '',
  requestMemory: '',
  requestCpu: '',
  isReadOnly: false,
  constraints: [],
  labels: [],
  annotations: [],
}

/** Labels that a status shows and nobody deploys, or that the form has a field for. */
const SCALING = [
  'com.openfaas.scale.min',
  'com.openfaas.scale.max',
  'com.openfaas.scale.type',
  'com.openfaas.scale.target',
  'com.openfaas.scale.zero',
  'com.openfaas.scale.zero-duration',
]

export const isScaling = (label: string): boolean => SCALING.includes(label)

export function specOf(status: FunctionStatus): Spec {
  return {
    ...EMPTY,
    name: status.name,
    namespace: status.namespace ?? '',
    image: status.image ?? '',
    command: status.envProcess ?? '',
    environment: Object.entries(status.envVars ?? {}),
    secrets: status.secrets ?? [],
    memory: status.limits?.memory ?? '',
    cpu: status.limits?.cpu ?? '',
    requestMemory: status.requests?.memory ?? '',
    requestCpu: status.requests?.cpu ?? '',
    isReadOnly: status.readOnlyRootFilesystem ?? false,
    constraints: status.constraints ?? [],
    labels: Object.entries(status.labels ?? {}),
    annotations: Object.entries(status.annotations ?? {}).filter(([name]) => !name.startsWith('com.sampan.')),
  }
}

export function fromStore(entry: StoreEntry, image: string): Spec {
  return {
    ...EMPTY,
    name: entry.name,
    image,
    command: entry.fprocess ?? '',
    environment: Object.entries(entry.environment ?? {}),
    labels: Object.entries(entry.labels ?? {}),
    annotations: Object.entries(entry.annotations ?? {}),
  }
}

const given = (pairs: readonly Pair[]): Record<string, string> =>
  Object.fromEntries(
    pairs.filter(([name]) => name.trim() !== '').map(([name, value]) => [name.trim(), value]),
  )

const resources = (memory: string, cpu: string): Record<string, string> | undefined => {
  const entries = Object.entries({ memory, cpu }).filter(([, value]) => value.trim() !== '')
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

/** The body of a deployment. What was not filled in is left out. */
export function deploymentOf(spec: Spec): Record<string, unknown> {
  const body = {
    service: spec.name.trim(),
    namespace: spec.namespace || undefined,
    image: spec.image.trim(),
    envProcess: spec.command || undefined,
    envVars: given(spec.environment),
    secrets: spec.secrets,
    limits: resources(spec.memory, spec.cpu),
    requests: resources(spec.requestMemory, spec.requestCpu),
    readOnlyRootFilesystem: spec.isReadOnly,
    constraints: spec.constraints,
    labels: given(spec.labels),
    annotations: given(spec.annotations),
  }
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined))
}

export const pairOf = (pairs: readonly Pair[], name: string): string =>
  pairs.find(([key]) => key === name)?.[1] ?? ''

/** Sets one, or takes it away when the value is empty. */
export function withPair(pairs: readonly Pair[], name: string, value: string): readonly Pair[] {
  if (value === '') return pairs.filter(([key]) => key !== name)
  return pairs.some(([key]) => key === name)
    ? pairs.map((pair): Pair => (pair[0] === name ? [name, value] : pair))
    : [...pairs, [name, value]]
}

/** Lines of a `.env` file: comments and `export` go, quotes around a value too. */
export function envPairs(text: string): readonly Pair[] {
  return text.split(/\r?\n/).flatMap((line): Pair[] => {
    const found = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$/.exec(line)
    if (found === null) return []
    return [[found[1] ?? '', (found[2] ?? '').replace(/^(['"])(.*)\1$/, '$2')]]
  })
}
