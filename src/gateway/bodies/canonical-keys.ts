import type { GenericSchema } from 'valibot'

/** What is looked at in a schema of the library, whatever its kind. */
export interface SchemaShape {
  readonly type: string
  readonly entries?: Readonly<Record<string, GenericSchema>>
  readonly item?: GenericSchema
  readonly wrapped?: GenericSchema
}

/**
 * `value` with the keys spelled as in `schema`, in whatever case they came: Go's decoder matches them so and
 * clients rely on it. Of several spellings the last one wins. Keys that the schema does not know are left
 * out; maps are left alone.
 */
export function canonicalKeys(schema: GenericSchema, value: unknown): unknown {
  const shape: SchemaShape = schema
  if (shape.wrapped !== undefined) return canonicalKeys(shape.wrapped, value)
  if (shape.item !== undefined && Array.isArray(value)) {
    const { item } = shape
    return value.map((element) => canonicalKeys(item, element))
  }
  if (shape.entries === undefined || typeof value !== 'object' || value === null) return value
  // The library would take an array for an object; anything else that is none is refused.
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
