import type { GenericSchema } from 'valibot'

type Json = Record<string, unknown>

/** What is looked at in a schema of the library, whatever its kind. */
interface SchemaShape {
  readonly type: string
  readonly entries?: Readonly<Record<string, GenericSchema>>
  readonly item?: GenericSchema
  readonly wrapped?: GenericSchema
  readonly pipe?: readonly { readonly type: string; readonly requirement?: unknown }[]
}

/** JSON Schema, as OpenAPI 3.1 has it, of the few kinds that `schemas.ts` uses. */
export function jsonSchema(schema: GenericSchema): Json {
  const shape: SchemaShape = schema
  if (shape.wrapped !== undefined) {
    const inner = jsonSchema(shape.wrapped)
    return { ...inner, type: [inner['type'], 'null'] }
  }
  if (shape.entries !== undefined) {
    const properties = Object.entries(shape.entries).map(([key, entry]) => [key, jsonSchema(entry)])
    return { type: 'object', properties: Object.fromEntries(properties) }
  }
  if (shape.item !== undefined) return { type: 'array', items: jsonSchema(shape.item) }
  if (shape.type === 'unknown') return { type: 'object', additionalProperties: { type: 'string' } }
  if (shape.type === 'number') return { type: 'integer', ...bounds(shape) }
  return { type: shape.type }
}

function bounds({ pipe = [] }: SchemaShape): Json {
  const limit = (type: string): unknown => pipe.find((step) => step.type === type)?.requirement
  return { minimum: limit('min_value'), maximum: limit('max_value') }
}
