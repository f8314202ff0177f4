import type { Content, Schema } from './description.ts'

// Whether an answer's body is what the description says. Stricter than JSON Schema in one thing: a property that is not described is wrong.

export interface Body {
  readonly type: string
  readonly text: string
}

/** What is wrong about `body`, null when nothing or when the description says nothing about it. */
export function bodyObjection({ content }: Content, body: Body): string | null {
  if (content === undefined) return null
  const described = content[body.type]
  if (described === undefined)
    return `has the type ${body.type}, described: ${Object.keys(content).join(' ')}`
  const values = body.type === 'application/x-ndjson' ? body.text.split('\n').filter(Boolean) : [body.text]
  for (const value of values) {
    const wrong = complaint(described.schema, JSON.parse(value), 'body')
    if (wrong !== null) return wrong
  }
  return null
}

/** The first thing in `value` that does not fit, with where it is; null when all fits. */
export function complaint(schema: Schema, value: unknown, where: string): string | null {
  const types = [schema.type ?? []].flat()
  if (!types.some((type) => isOf(type, value)))
    return `${where}: ${JSON.stringify(value)} is no ${types.join(' or ')}`
  if (schema.enum !== undefined && !schema.enum.includes(value))
    return `${where}: ${JSON.stringify(value)} is none of ${schema.enum.join(', ')}`
  if (Array.isArray(value)) return first(value.map((item, at) => [schema.items, item, `${where}.${at}`]))
  if (typeof value !== 'object' || value === null) return null

  const missing = schema.required?.find((key) => !Object.hasOwn(value, key))
  if (missing !== undefined) return `${where}.${missing}: is missing`
  return first(Object.entries(value).map(([key, item]) => [propertyOf(schema, key), item, `${where}.${key}`]))
}

function first(parts: readonly (readonly [Schema | undefined, unknown, string])[]): string | null {
  for (const [schema, value, where] of parts) {
    const wrong = schema === undefined ? `${where}: is not described` : complaint(schema, value, where)
    if (wrong !== null) return wrong
  }
  return null
}

function propertyOf({ properties = {}, additionalProperties }: Schema, key: string): Schema | undefined {
  if (Object.hasOwn(properties, key)) return properties[key]
  return typeof additionalProperties === 'object' ? additionalProperties : undefined
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'null') return value === null
  if (type === 'array') return Array.isArray(value)
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value)
  if (type === 'integer') return Number.isSafeInteger(value)
  return typeof value === type
}
