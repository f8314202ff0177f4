// The engine's data may have any shape: these functions read it without trusting it.

/** Undefined when there is no such field, or the value cannot have fields. */
export function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined
}

/** Empty when it is not a text. With `key`: the text of that field. */
export function text(value: unknown, key?: string): string {
  const found = key === undefined ? value : field(value, key)
  return typeof found === 'string' ? found : ''
}

/** 0 when it is not a number. */
export function number(value: unknown, key: string): number {
  const found = field(value, key)
  return typeof found === 'number' ? found : 0
}

/** Empty when it is not an array. */
export function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The texts of a list. A command may be a bare string in old images. */
export function words(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return list(value).filter((item) => typeof item === 'string')
}

/** The entries whose values are texts. */
export function strings(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter((entry) => typeof entry[1] === 'string'))
}
