import * as v from 'valibot'
import type { StringMap } from '../core/functions/function-spec.ts'

/**
 * The bodies of the system routes (http-api 4). They check types only; what a value may mean is checked where
 * it is used. `null` stands for an absent field everywhere, as in Go. `openapi.ts` publishes the same
 * schemas.
 */

const STRING = 'must be a string'
const COUNT = 'must be a whole number from 0 to 4294967295'

const text = v.nullish(v.string(STRING), '')
const flag = v.nullish(v.boolean('must be true or false'), false)
const texts = v.nullish(v.array(text, 'must be an array of strings'), [])
const count = v.pipe(
  v.number(COUNT),
  v.integer(COUNT),
  v.minValue(0, COUNT),
  v.maxValue(4_294_967_295, COUNT),
)

/**
 * String to string, every key kept. `record` of the library drops the key `constructor` in silence; we keep
 * all and refuse the one that JavaScript cannot carry.
 */
const stringMap = v.pipe(
  v.unknown(),
  v.rawTransform<unknown, StringMap>(({ dataset, addIssue, NEVER }) => {
    const input = dataset.value
    if (typeof input !== 'object' || input === null || Array.isArray(input)) {
      addIssue({ message: 'must be an object of strings' })
      return NEVER
    }
    const map: Record<string, string> = {}
    for (const [key, value] of Object.entries(input)) {
      if (key === '__proto__' || (value !== null && typeof value !== 'string')) {
        const message = key === '__proto__' ? 'is not a usable name' : STRING
        addIssue({ message, path: [{ type: 'object', origin: 'value', input: { ...input }, key, value }] })
        return NEVER
      }
      map[key] = value ?? ''
    }
    return map
  }),
  v.metadata({ map: true }),
)
const map = v.nullish(stringMap, {})

const functionResources = v.object(
  {
    memory: text,
    cpu: text,
    'nvidia.com/gpu': text,
    'amd.com/gpu': text,
    'intel.com/gpu': text,
  },
  'must be an object',
)

export const functionDeployment = v.object({
  service: text,
  image: text,
  namespace: text,
  envProcess: text,
  envVars: map,
  constraints: texts,
  secrets: texts,
  labels: map,
  annotations: map,
  limits: v.nullish(functionResources),
  requests: v.nullish(functionResources),
  readOnlyRootFilesystem: flag,
})
export type FunctionDeployment = v.InferOutput<typeof functionDeployment>
export type ResourceTexts = v.InferOutput<typeof functionResources>

export const deleteFunctionRequest = v.object({ functionName: text, namespace: text })

export const scaleServiceRequest = v.object({
  serviceName: text,
  namespace: text,
  replicas: v.nullish(count, 0),
})

export const functionNamespace = v.object({ name: text, labels: map, annotations: map })

export const secretBody = v.object({
  name: text,
  namespace: text,
  value: text,
  rawValue: v.nullish(v.pipe(v.string(STRING), v.check(isBase64, 'must be base64')), ''),
})

export const secretName = v.object({ name: text, namespace: text })

export const alertWebhook = v.object({
  status: text,
  receiver: text,
  alerts: v.nullish(
    v.array(
      v.object(
        {
          status: text,
          labels: v.nullish(v.object({ alertname: text, function_name: text }, 'must be an object')),
        },
        'must be an object',
      ),
      'must be an array',
    ),
    [],
  ),
})
export type AlertWebhook = v.InferOutput<typeof alertWebhook>

/** As Go's decoder: padded, line breaks allowed. The library's pattern overflows the stack on megabytes. */
function isBase64(text: string): boolean {
  if (/[^A-Za-z0-9+/=\r\n]/.test(text)) return false
  const digits = text.replaceAll(/[\r\n]/g, '')
  const padding = digits.indexOf('=')
  return (
    digits.length % 4 === 0 &&
    (padding < 0 || (digits.length - padding <= 2 && /^=+$/.test(digits.slice(padding))))
  )
}
