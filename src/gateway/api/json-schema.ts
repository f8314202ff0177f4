import type { GenericSchema } from 'valibot'
import type { SchemaShape } from '../bodies/canonical-keys.ts'

type Json = Record<string, unknown>

/** What a description looks at beside. */
interface DescribedShape extends SchemaShape {
  readonly options?: readonly unknown[]
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[]
}

/** Kinds of fields that may be absent. */
const OPTIONAL: ReadonlySet<string> = new Set(['exact_optional', 'nullish'])

const MAY_BE_NULL: ReadonlySet<string> = new Set(['nullable', 'nullish'])

/** JSON Schema, as OpenAPI 3.1 has it, of the few kinds that the schemas of `wire/` use. */
export function jsonSchema(schema: GenericSchema): Json {
  const shape: DescribedShape = schema
  if (shape.wrapped !== undefined) {
    const inner = jsonSchema(shape.wrapped)
    return MAY_BE_NULL.has(shape.type) ? { ...inner, type: [inner['type'], 'null'] } : inner
  }
  if (shape.entries !== undefined) return objectSchema(shape.entries)
  if (shape.item !== undefined) return { type: 'array', items: jsonSchema(shape.item) }
  if (shape.type === 'unknown' || shape.type === 'record')
    return { type: 'object', additionalProperties: { type: 'string' } }
  if (shape.type === 'picklist') return { type: 'string', enum: shape.options }
  if (shape.type === 'number') return numberSchema(shape)
  return { type: shape.type }
}

function objectSchema(entries: Readonly<Record<string, GenericSchema>>): Json {
  const fields = Object.entries(entries)
  const required = fields.filter(([, { type }]) => !OPTIONAL.has(type)).map(([key]) => key)
  return {
    type: 'object',
    properties: Object.fromEntries(fields.map(([key, entry]) => [key, jsonSchema(entry)])),
    ...(required.length > 0 ? { required } : {}),
  }
}

function numberSchema({ pipe = [] }: DescribedShape): Json {
  const limit = (type: string): unknown => pipe.find((step) => step.type === type)?.requirement
  const isInteger = pipe.some((step) => step.type === 'integer')
  return { type: isInteger ? 'integer' : 'number', minimum: limit('min_value'), maximum: limit('max_value') }
}
