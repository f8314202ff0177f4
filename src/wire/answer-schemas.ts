import * as v from 'valibot'

/**
 * The bodies of our answers (http-api 4.3, 4.4). Code that builds an answer uses the type of its schema, so
 * the compiler checks both against each other; `openapi.ts` publishes the schema. Nothing is checked at run
 * time.
 */

const text = v.string()
const texts = v.pipe(v.array(text), v.readonly())
const map = v.record(text, text)
const count = v.pipe(v.number(), v.integer(), v.minValue(0))

/** As deployed: a field that was not given is absent. */
const resources = v.object({
  memory: v.exactOptional(text),
  cpu: v.exactOptional(text),
  'nvidia.com/gpu': v.exactOptional(text),
  'amd.com/gpu': v.exactOptional(text),
  'intel.com/gpu': v.exactOptional(text),
})

export const functionStatusAnswer = v.object({
  name: text,
  namespace: text,
  image: text,
  envProcess: v.exactOptional(text),
  envVars: v.exactOptional(map),
  constraints: v.exactOptional(texts),
  secrets: v.exactOptional(texts),
  limits: v.exactOptional(resources),
  requests: v.exactOptional(resources),
  readOnlyRootFilesystem: v.exactOptional(v.boolean()),
  labels: map,
  annotations: map,
  invocationCount: v.exactOptional(count),
  replicas: count,
  availableReplicas: count,
  createdAt: text,
  usage: v.exactOptional(v.object({ cpu: v.number(), totalMemoryBytes: v.number() })),
  // Not of OpenFaaS: its clients pass over fields that they do not know.
  status: v.exactOptional(
    v.object({
      state: v.picklist(['ready', 'starting', 'updating', 'degraded', 'failing', 'sleeping']),
      reason: text,
      lastWords: texts,
      revision: count,
      serving: v.nullable(v.object({ revision: count, image: text })),
    }),
  ),
})
export type FunctionStatus = v.InferOutput<typeof functionStatusAnswer>

export const functionStatusesAnswer = v.array(functionStatusAnswer)

const version = v.object({ release: text, sha: text })

export const gatewayInfoAnswer = v.object({
  provider: v.object({ provider: text, version, orchestration: text }),
  version,
  arch: text,
  // Not of OpenFaaS. Absent where asynchronous calls are switched off.
  queue: v.exactOptional(
    v.object({
      isUp: v.boolean(),
      reason: text,
      warnings: texts,
      nats: v.object({ version: text, isOwn: v.boolean() }),
    }),
  ),
  // Not of OpenFaaS. How functions that rest are frozen; absent where they are not.
  freezer: v.exactOptional(text),
})
export type GatewayInfo = v.InferOutput<typeof gatewayInfoAnswer>

const secretEntry = v.object({ name: text, namespace: text })
export type SecretEntry = v.InferOutput<typeof secretEntry>

export const secretsAnswer = v.array(secretEntry)

export const namespaceAnswer = v.object({ name: text, labels: map, annotations: map })
export type NamespaceAnswer = v.InferOutput<typeof namespaceAnswer>

export const namespacesAnswer = v.array(text)

/** One line of a log. */
export const logMessageAnswer = v.object({
  name: text,
  namespace: text,
  instance: text,
  timestamp: text,
  text,
})
export type LogMessage = v.InferOutput<typeof logMessageAnswer>

/** What scaling has decided. */
export const scalingEventAnswer = v.object({
  id: count,
  at: text,
  name: text,
  namespace: text,
  kind: v.picklist([
    'scaled',
    'rested',
    'removed',
    'woken',
    'limited',
    'alert',
    'updated',
    'rolled-back',
    'serving',
    'degraded',
    'failing',
    'recovered',
  ]),
  from: count,
  to: count,
  reason: text,
})
export type ScalingEventAnswer = v.InferOutput<typeof scalingEventAnswer>

export const scalingEventsAnswer = v.array(scalingEventAnswer)
