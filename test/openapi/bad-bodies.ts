import type { Random } from '../integration/random.ts'
import type { Operation, Schema } from './description.ts'

// Bodies that are wrong by construction, whatever the operation: each begins as one that would be accepted, changing what exists or making what
// does not, and then one fault is put into it. So none may be accepted, and one that is would show.

/** Things that exist on the server under test. */
export interface Known {
  readonly fn: string
  readonly image: string
  readonly secret: string
  readonly namespace: string
}

/** Members of a JSON object as text: keys may come twice, and numbers may be such as JavaScript cannot hold. */
type Members = readonly (readonly [key: string, value: string])[]
type Properties = readonly (readonly [key: string, schema: Schema])[]

const WRONG: Readonly<Record<string, readonly [string, ...string[]]>> = {
  string: ['1', '-0', 'true', '[]', '{}', '[["x"]]', '1e999'],
  boolean: ['1', '"true"', '[]', '{}', '0.5'],
  integer: [
    '-1',
    '1.5',
    '1e308',
    '1e999',
    '"1"',
    '4294967296',
    '123456789012345678901234567890',
    '[]',
    'true',
    '{}',
  ],
  array: ['{}', '"x"', '1', 'true', '[1]', '[[]]', '[true]'],
  object: ['[]', '"x"', '1', 'false', '[{}]'],
  map: ['[]', '"x"', '1', '{"a":1}', '{"a":{}}', '{"__proto__":"x"}', '{"a":"b","c":[]}'],
}

/** A body that `operation` must refuse. */
export function badBody(operation: Operation, random: Random, known: Known): Buffer {
  const schema = operation.requestBody?.content?.['application/json']?.schema ?? {}
  const properties = Object.entries(schema.properties ?? {})
  const form = random.below(10)
  const makes = operation.method === 'POST' && operation.responses['409'] !== undefined
  const name = operation.path.startsWith('/system/namespace') ? known.namespace : known.secret
  // To make what is there already is fault enough.
  if (makes && form === 9) return Buffer.from(textOf(fineMembers(properties, random, { ...known, name })))

  const named = makes ? { ...known, fn: 'fresh', name: 'fresh' } : { ...known, name }
  const fine = fineMembers(properties, random, named)
  if (form < 3) return brokenText(textOf(fine), random)
  if (form < 7) return Buffer.from(textOf(withWrongType(fine, properties, random)))
  const meaningless = withoutMeaning(operation, fine, random)
  return meaningless === null ? brokenText(textOf(fine), random) : Buffer.from(textOf(meaningless))
}

function fineMembers(
  properties: Properties,
  random: Random,
  { fn, image, name }: Known & { readonly name: string },
): Members {
  const values: Readonly<Record<string, string>> = {
    service: fn,
    functionName: fn,
    serviceName: fn,
    image,
    // What it means depends on the route.
    name,
  }
  return properties.flatMap(([key, schema]) => {
    const value = values[key]
    if (value !== undefined) return [[key, JSON.stringify(value)] as const]
    if (random.below(3) > 0) return []
    if (key === 'replicas') return [[key, '1'] as const]
    const isMap = schema.additionalProperties !== undefined
    return isMap ? [[key, '{"openfaas":"1"}'] as const] : [[key, 'null'] as const]
  })
}

function textOf(members: Members): string {
  return `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`
}

/** Not JSON, or not of a kind that anybody takes. */
function brokenText(text: string, random: Random): Buffer {
  const deep = (): string => {
    const depth = 1_001 + random.below(random.below(10) === 0 ? 100_000 : 4_000)
    const close = random.below(2) === 0 ? ']'.repeat(depth) : ''
    return `{"deep":${'['.repeat(depth)}${close},${text.slice(1)}`
  }
  const forms: readonly [() => string | Buffer, ...(() => string | Buffer)[]] = [
    () => text.slice(0, 1 + random.below(text.length - 1)),
    () => text + random.pick(['}', ',', '{}', '\0', 'x', '//', '\u00a0']),
    () =>
      text.replace('{', random.pick(['{,', '{"a":NaN,', '{"a":undefined,', "{'a':1,", '{a:1,', '{"a":01,'])),
    () => text.replace('}', random.pick([',}', ']', '"', ''])),
    () =>
      random.pick(['[]', '"x"', '1', 'true', 'NaN', '1e999', '-', `[${text}]`, '<a/>', 'a=b&c=d', '\ud800']),
    () => text.replace('{', random.pick(['{"a":"\t",', '{"a":"\\x",', '{"a":"\\u12",', '{"\n":1,'])),
    () => within(text, random.pick([[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80], [0xe2, 0x82]])),
    deep,
    () => `-${random.text(200)}`,
  ]
  return Buffer.from(random.pick(forms)() as string)
}

/** Bytes that are not UTF-8 in the middle of the first string. */
function within(text: string, bytes: readonly number[]): Buffer {
  const at = text.indexOf('"') + 1
  return Buffer.concat([Buffer.from(text.slice(0, at)), Buffer.from(bytes), Buffer.from(text.slice(at))])
}

/** The right one first, if there is one; then, perhaps in another case, one of a type that the field cannot have. The last one counts. */
function withWrongType(fine: Members, properties: Properties, random: Random): Members {
  const [first, ...rest] = properties
  if (first === undefined) return fine
  const [key, schema] = random.pick([first, ...rest])
  return [...fine, [inSomeCase(key, random), wrongValue(schema, random)]]
}

function wrongValue(schema: Schema, random: Random): string {
  const inner = Object.entries(schema.properties ?? schema.items?.properties ?? {})
  const [first, ...rest] = inner
  if (first !== undefined && random.below(2) === 0) {
    const [key, entry] = random.pick([first, ...rest])
    const object = `{${JSON.stringify(inSomeCase(key, random))}:${wrongValue(entry, random)}}`
    return schema.items === undefined ? object : `[{},${object}]`
  }
  return random.pick(WRONG[kindOf(schema)] ?? ['[]'])
}

function kindOf({ type, additionalProperties }: Schema): string {
  if (additionalProperties !== undefined) return 'map'
  return typeof type === 'string' ? type : (type?.[0] ?? 'object')
}

function inSomeCase(key: string, random: Random): string {
  const form = random.below(3)
  if (form === 0) return key
  return form === 1
    ? key.toUpperCase()
    : key.replaceAll(/[a-z]/g, (letter) => (random.below(2) === 0 ? letter : letter.toUpperCase()))
}

/** Of the right types, but naming or asking for what cannot be. Null where nothing of the kind is an error. */
function withoutMeaning({ method, path }: Operation, fine: Members, random: Random): Members | null {
  const set = (key: string, value: unknown): Members => [
    ...fine,
    [inSomeCase(key, random), JSON.stringify(value)],
  ]
  const impossible = `${random.text(random.below(20) === 0 ? 50_000 : 40)}_!`
  if (path === '/system/functions') {
    const key = method === 'DELETE' ? 'functionName' : 'service'
    const [one, ...others]: Members[] = [
      set(key, impossible),
      set(key, ''),
      set('namespace', 'nowhere'),
      set('namespace', impossible),
    ]
    return random.pick([
      one ?? fine,
      ...others,
      ...(method === 'DELETE' ? [set(key, 'nobody')] : badDeployments(set, impossible)),
    ])
  }
  if (path === '/system/secrets') {
    const names = [impossible, '', '..', 'a/b', '__proto__', ...(method === 'POST' ? [] : ['nobody'])]
    return random.pick([
      set('name', impossible),
      ...names.map((name) => set('name', name)),
      set('namespace', 'nowhere'),
    ])
  }
  if (path.startsWith('/system/namespace')) return set('name', random.pick([impossible, 'Upper', 'a.b', '-']))
  if (path.startsWith('/system/scale-function')) return set('namespace', random.pick(['nowhere', impossible]))
  return null
}

/** No engine has the image of the id of zeros, and none is pulled by its id: nothing waits for a registry. */
function badDeployments(
  set: (key: string, value: unknown) => Members,
  impossible: string,
): readonly Members[] {
  return [
    ...['', '--rm', 'UPPER CASE', 'a b', `sha256:${'0'.repeat(64)}`, impossible].map((image) =>
      set('image', image),
    ),
    ...[['nobody'], [''], [impossible], ['../x']].map((secrets) => set('secrets', secrets)),
    ...['5Q', '-1', 'lots', '1e400', impossible].map((memory) => set('limits', { memory })),
    ...['many', '1.5.5', impossible].map((cpu) => set('requests', { CPU: cpu })),
    set('limits', { 'nvidia.com/gpu': '-1' }),
    set('envVars', { 'a=b': 'c' }),
    set('envVars', { '': 'c' }),
    set('envVars', { a: '\0' }),
    set('envProcess', 'a\0b'),
    set('labels', { '': 'x' }),
    set('annotations', { '': 'x' }),
  ]
}
