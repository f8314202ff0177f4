// The few messages of Protocol Buffers that a build needs, by hand: field numbers and wire types of BuildKit's
// `control.proto`, `secrets.proto` and `auth.proto` (https://protobuf.dev/programming-guides/encoding/).

/** The fields of one message, by number, in order. Numbers of more than 53 bits lose their last digits. */
export type Fields = ReadonlyMap<number, readonly (Uint8Array | number)[]>

const VARINT = 0
const FIXED_64 = 1
const BYTES = 2
const FIXED_32 = 5

/** Throws a `RangeError` for what is no message. */
export function readMessage(bytes: Uint8Array): Fields {
  const fields = new Map<number, (Uint8Array | number)[]>()
  let at = 0
  const take = (count: number): Uint8Array => {
    if (at + count > bytes.length) throw new RangeError('a message ends too early')
    at += count
    return bytes.subarray(at - count, at)
  }
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = take(1)[0] ?? 0
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = varint()
    const type = tag % 8
    const number = Math.floor(tag / 8)
    const value = valueOf(type, { take, varint })
    fields.set(number, [...(fields.get(number) ?? []), value])
  }
  return fields
}

interface Source {
  readonly take: (count: number) => Uint8Array
  readonly varint: () => number
}

function valueOf(type: number, { take, varint }: Source): Uint8Array | number {
  if (type === VARINT) return varint()
  if (type === BYTES) return take(varint())
  if (type === FIXED_64) return take(8)
  if (type === FIXED_32) return take(4)
  throw new RangeError(`a message has a field of the unknown type ${type}`)
}

/** Texts and bytes of a field; those of another type are left out. */
export function bytesOf(fields: Fields, number: number): readonly Uint8Array[] {
  return (fields.get(number) ?? []).filter((value) => typeof value !== 'number')
}

export function textOf(fields: Fields, number: number): string {
  return Buffer.from(bytesOf(fields, number).at(-1) ?? []).toString('utf8')
}

/** A message of these fields of bytes or texts, and small numbers. */
export function writeMessage(fields: readonly (readonly [number, Uint8Array | string | number])[]): Buffer {
  return Buffer.concat(
    fields.map(([number, value]) => {
      if (typeof value === 'number') return Buffer.concat([varintOf(number * 8 + VARINT), varintOf(value)])
      const bytes = Buffer.from(value)
      return Buffer.concat([varintOf(number * 8 + BYTES), varintOf(bytes.length), bytes])
    }),
  )
}

function varintOf(value: number): Buffer {
  const bytes: number[] = []
  let rest = value
  while (rest >= 128) {
    bytes.push((rest % 128) + 128)
    rest = Math.floor(rest / 128)
  }
  return Buffer.from([...bytes, rest])
}
