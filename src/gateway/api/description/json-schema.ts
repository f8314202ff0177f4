import { type ConversionConfig, type JsonSchema, toJsonSchema } from '@valibot/to-json-schema'
import type { GenericSchema } from 'valibot'

type Json = Record<string, unknown>

/**
 * What the library is told: the words of OpenAPI 3.1, of what a client sends. Checks that JSON Schema has no
 * words for are left out; a kind of schema that it has none for throws.
 */
const WORDS: ConversionConfig = {
  target: 'draft-2020-12',
  typeMode: 'input',
  ignoreActions: ['check', 'metadata', 'raw_transform', 'readonly'],
  overrideSchema: ({ valibotSchema, jsonSchema: made, errors }) => {
    if (errors !== undefined) return null
    // The map of `wire/`, which reads its keys by itself.
    if (valibotSchema.type === 'unknown') return { type: 'object', additionalProperties: { type: 'string' } }
    return plain(made)
  },
}

/** JSON Schema, as OpenAPI 3.1 has it, of a schema of `wire/`. */
export function jsonSchema(schema: GenericSchema): Json {
  const { $schema: _version, ...described } = toJsonSchema(schema, WORDS)
  return described
}

/** The same as clients know it: `null` is one more type, and neither defaults nor empty lists are said. */
function plain({ default: _default, propertyNames: _names, ...made }: JsonSchema): JsonSchema {
  const [one, none] = made.anyOf ?? []
  if (
    typeof one === 'object' &&
    typeof one.type === 'string' &&
    typeof none === 'object' &&
    none.type === 'null'
  )
    return { ...one, type: [one.type, 'null'] }
  if (made.required?.length === 0) delete made.required
  return made
}
