import type { GenericSchema } from 'valibot'

/** The properties of a valibot schema that are read here, whatever its kind. */
export interface SchemaShape {
  readonly type: string
  readonly entries?: Readonly<Record<string, GenericSchema>>
  readonly item?: GenericSchema
  readonly wrapped?: GenericSchema
}

/**
 * `value` with its keys spelled as in `schema`. Keys match in any case, as with Go's decoder, on which
 * clients rely. Of several spellings the last one wins. Unknown keys are dropped; maps are left alone.
 */
export function canonicalKeys(schema: GenericSchema, value: unknown): unknown {
  const shape: SchemaShape = schema
  if (shape.wrapped !== undefined) return canonicalKeys(shape.wrapped, value)
  if (shape.item !== undefined && Array.isArray(value)) {
    const { item } = shape
    return value.map((element) => canonicalKeys(item, element))
  }
  if (shape.entries === undefined || typeof value !== 'object' || value === null) return value
  // Valibot would accept an array as an object; it refuses everything else that is not an object.
  if (Array.isArray(value)) return false

  const spelling = new Map(
    Object.entries(shape.entries).map(([key, entry]) => [key.toLowerCase(), { key, entry }]),
  )
  const found = new Map<string, unknown>()
  for (const [key, element] of Object.entries(value)) {
    const known = spelling.get(key.toLowerCase())
    if (known !== undefined) found.set(known.key, canonicalKeys(known.entry, element))
  }
  return Object.fromEntries(found)
}
